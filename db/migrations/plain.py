"""Runs one file of plain SQL, many statements and all, inside Alembic's transaction."""

from pathlib import Path

from alembic import op
from sqlalchemy import text

SCHEMA_DIR = Path(__file__).parent.parent / "schema"


def run_file(revision: str) -> None:
    """Execute `db/schema/<revision>.sql`."""
    sql = (SCHEMA_DIR / f"{revision}.sql").read_text(encoding="utf-8")
    bind = op.get_bind()
    # A statement through SQLAlchemy opens its transaction; what goes past it then belongs to the same one.
    bind.execute(text("select 1"))
    adapted = bind.connection.dbapi_connection
    assert adapted is not None
    assert adapted.driver_connection.is_in_transaction()
    adapted.run_async(lambda connection: connection.execute(sql))
