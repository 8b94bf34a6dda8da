"""Brings a database to the newest schema, forward only, and says at which one it is.

Every revision is tagged `expand` (the code of the release before still works on it) or `contract` (takes away what no
release that can be rolled back to still uses). A rollback of code never runs a migration.
"""

import hashlib
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from clipnet.errors import Unavailable
from db import markers
from db.pool import Executor

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x636C69706E6574
"""Advisory lock that lets one process migrate at a time."""

_CURRENT = "select version_num from alembic_version"
_CATALOG = """
select 'column', table_name, column_name, data_type, is_nullable, coalesce(column_default, ''), is_identity
from information_schema.columns where table_schema = 'public'
union all select 'index', tablename, indexname, indexdef, '', '', '' from pg_indexes where schemaname = 'public'
union all select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', ''
from pg_constraint where connamespace = 'public'::regnamespace
union all select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', '', ''
from pg_trigger where not tgisinternal
union all select 'function', proname, '', md5(prosrc), prosecdef::text, '', ''
from pg_proc where pronamespace = 'public'::regnamespace
union all select 'grant', table_name, grantee, privilege_type, '', '', ''
from information_schema.role_table_grants where table_schema = 'public'
order by 1, 2, 3, 4
"""


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def revisions() -> list[str]:
    """Every revision, oldest first."""
    return [script.revision for script in reversed(list(_script().walk_revisions()))]


def phase(revision: str) -> str:
    """`expand` or `contract`, as the revision is tagged."""
    tag: str = _script().get_revision(revision).module.phase
    return tag


def head() -> str:
    """The revision that this code needs."""
    return revisions()[-1]


async def current(conn: Executor) -> str | None:
    """The revision that a database is at; None when it is empty."""
    try:
        revision: str | None = await conn.fetchval(_CURRENT)
    except asyncpg.UndefinedTableError:
        return None
    return revision


async def schema_hash(conn: Executor) -> str:
    """A fingerprint of tables, indexes, constraints, triggers, functions and rights, however they came about."""
    rows = await conn.fetch(_CATALOG)
    return hashlib.sha256("\n".join("|".join(map(str, row)) for row in rows).encode()).hexdigest()


async def migrate(owner_url: str, env: str, *, to: str = "head") -> str:
    """Bring the database to revision `to` and mark it for `env`; returns the revision. Doing it again changes nothing.

    Raises:
        Misconfigured: the database belongs to another environment; nothing was changed.
        Unavailable: it can't be reached.
    """
    engine = create_async_engine(make_url(owner_url).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: asyncpg.Connection = raw.driver_connection  # type: ignore[assignment]
            await driver.execute("select pg_advisory_lock($1)", _LOCK)
            try:
                if await current(driver) is not None:
                    await markers.check(driver, env)
                await connection.run_sync(_upgrade, to)
                await connection.commit()
                await markers.write(driver, env)
            finally:
                await driver.execute("select pg_advisory_unlock($1)", _LOCK)
            return to if to != "head" else head()
    except OSError as error:
        raise Unavailable("The database can't be reached.", hint=type(error).__name__) from error
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, to: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)
