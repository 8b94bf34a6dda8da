"""Consents that were begun outlast a restart."""

from db.migrations.plain import run_file

revision = "0005"
down_revision = "0004"
phase = "expand"


def upgrade() -> None:
    """Forward only; there is no way back but a backup."""
    run_file(revision)
