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


async def advance(conn: Executor | Pool, name: str, value: int) -> bool:
    """Let a number that says how far something was read rise to `value`; False when it is that far already.

    One statement, so that of two readers neither takes the other's progress back.
    """
    moved: bool | None = await conn.fetchval(
        """
        insert into cursors as c (name, value) values ($1, $2::numeric::text)
        on conflict (name) do update set value = excluded.value, revision = c.revision + 1, updated_at = now()
          where coalesce(nullif(c.value, '')::numeric, -1) < excluded.value::numeric
        returning true
        """,
        name,
        value,
    )
    return bool(moved)
