"""Counts of a chat that is divided among processes add up."""

from db.migrations.plain import run_file

revision = "0006"
down_revision = "0005"
phase = "expand"


def upgrade() -> None:
    """Forward only; there is no way back but a backup."""
    run_file(revision)
