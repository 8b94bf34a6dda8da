"""The first ledger: people, videos, clips, jobs, effects, audit, and the roles' rights."""

from db.migrations.plain import run_file

revision = "0001"
down_revision = None
phase = "expand"


def upgrade() -> None:
    """Forward only; there is no way back but a backup."""
    run_file(revision)
