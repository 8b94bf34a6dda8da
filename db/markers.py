"""The mark inside a database that says which environment it belongs to."""

from uuid import UUID

import asyncpg

from clipnet.errors import Misconfigured

_READ = "select env, installation_id from env_marker"
_WRITE = "insert into env_marker (env) values ($1) on conflict (one) do nothing"


async def check(conn: asyncpg.Connection, env: str) -> UUID:
    """The installation's id, when the database is marked for `env`.

    Raises:
        Misconfigured: it is marked for another environment, or not at all.
    """
    try:
        row = await conn.fetchrow(_READ)
    except asyncpg.UndefinedTableError:
        row = None
    if row is None:
        raise Misconfigured(
            "The database behind DATABASE_URL carries no environment's mark.",
            hint=f"Run `clipnet migrate` with ENV={env} once, or point DATABASE_URL elsewhere.",
        )
    if row["env"] != env:
        raise Misconfigured(
            f"The database behind DATABASE_URL belongs to {row['env']}, but ENV is {env}.",
            hint="Nothing was read or written. Check DATABASE_URL and ENV.",
        )
    installation: UUID = row["installation_id"]
    return installation


async def write(conn: asyncpg.Connection, env: str) -> UUID:
    """Mark an unmarked database for `env`, then `check`. Only the owner role has the right."""
    await conn.execute(_WRITE, env)
    return await check(conn, env)
