"""Communities' life: askers, streams, chat, votes, messages, moderation."""

from db.migrations.plain import run_file

revision = "0003"
down_revision = "0002"
phase = "expand"


def upgrade() -> None:
    """Forward only; there is no way back but a backup."""
    run_file(revision)
