"""Jobs whose payload is newer than the worker wait; earlier code, which knows no such jobs, is not disturbed."""

from db.migrations.plain import run_file

revision = "0002"
down_revision = "0001"
phase = "expand"


def upgrade() -> None:
    """Forward only; there is no way back but a backup."""
    run_file(revision)
