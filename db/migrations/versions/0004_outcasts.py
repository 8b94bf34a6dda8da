"""Bans outlast the person's wish to be forgotten; the vote on a cut that was replaced goes with it."""

from db.migrations.plain import run_file

revision = "0004"
down_revision = "0003"
phase = "expand"


def upgrade() -> None:
    """Forward only; there is no way back but a backup."""
    run_file(revision)
