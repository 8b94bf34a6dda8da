"""Small things that have to outlive a process, by name: how far something was read, what was done last."""

from asyncpg import Pool

from db.pool import Executor


async def get(conn: Executor | Pool, name: str) -> str | None:
    """The value under a name."""
    found: str | None = await conn.fetchval("select value from cursors where name = $1", name)
    return found or None


async def put(conn: Executor | Pool, name: str, value: str) -> None:
    """Keep a value under a name, in place of what was there."""
    await conn.execute(
        """
        insert into cursors (name, value) values ($1, $2)
        on conflict (name) do update set value = $2, revision = cursors.revision + 1, updated_at = now()
        """,
        name,
        value,
    )


async def hold(conn: Executor, name: str) -> str | None:
    """The value under a name, which nobody else changes until the end of the transaction."""
    await conn.execute("insert into cursors (name, value) values ($1, '') on conflict do nothing", name)
    found: str = await conn.fetchval("select value from cursors where name = $1 for update", name)
    return found or None
