"""What of deleted clips still lies in the store."""

from dataclasses import dataclass

import asyncpg

from db.pool import AnyExecutor

_SPENT = """
select a.id, a.store_key, exists (
  select from assets b join clips d on d.id = b.clip_id
  where b.store_key = a.store_key and d.state <> 'deleted') as shared
from assets a join clips c on c.id = a.clip_id where c.state = 'deleted'
"""
_RESULTS = """
delete from stage_results r where r.stage = 'polish' and exists (
  select from jsonb_array_elements(r.result -> 'assets') a where a ->> 'store_key' = any($1::text[]))
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Rows of `assets` that belong to deleted clips, and the store keys among them that no other clip has."""

    rows: tuple[int, ...]
    keys: frozenset[str]


async def spent(conn: AnyExecutor) -> Spent:
    """What may go."""
    rows = await conn.fetch(_SPENT)
    return Spent(tuple(row["id"] for row in rows), frozenset(row["store_key"] for row in rows if not row["shared"]))


async def forget_results(conn: asyncpg.Connection, keys: frozenset[str]) -> None:
    """Forget the results that these files are, so that no later clip is given them; before the files go."""
    await conn.execute(_RESULTS, list(keys))


async def forget_rows(conn: asyncpg.Connection, rows: tuple[int, ...]) -> None:
    """Forget the files themselves; after they went, so that a crash between the two leaves them to be found again."""
    await conn.execute("delete from assets where id = any($1::bigint[])", list(rows))


async def is_living(conn: AnyExecutor, store_key: str) -> bool:
    """Whether a clip that isn't deleted has this file."""
    found: bool = await conn.fetchval(
        """
        select exists (select from assets a join clips c on c.id = a.clip_id
                       where a.store_key = $1 and c.state <> 'deleted')
        """,
        store_key,
    )
    return found
