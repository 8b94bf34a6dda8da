"""Linked accounts can be taken apart again."""

from db.migrations.plain import run_file

revision = "0008"
down_revision = "0007"
phase = "expand"


def upgrade() -> None:
    """Forward only; there is no way back but a backup."""
    run_file(revision)
