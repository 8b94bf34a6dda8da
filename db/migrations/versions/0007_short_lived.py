"""What is dead soon goes soon, and found without reading everything; buttons that were shown last long ago go too."""

from db.migrations.plain import run_file

revision = "0007"
down_revision = "0006"
phase = "expand"


def upgrade() -> None:
    """Forward only; there is no way back but a backup."""
    run_file(revision)
