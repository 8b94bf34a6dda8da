"""What of deleted clips, and of sources that went with whoever asked for them, still lies in the store."""

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


_SOURCES = """
select s.id, s.store_key, array(
  select k from jobs j join requests r on r.id = j.request_id
  cross join lateral unnest(array[j.result ->> 'analysis', j.result ->> 'audio']) k
  where r.source_id = s.id and j.kind = 'clip:process' and k is not null) as looks, exists (
  select from sources o where o.id <> s.id and o.deleted_at is null and o.content_hash = s.content_hash) as shared
from sources s where s.deleted_at is not null and s.store_key is not null
"""


@dataclass(frozen=True, slots=True)
class SpentSource:
    """A source that went. `looks`: files of its analysis; `shared`: somebody else's source is the very same video."""

    id: int
    store_key: str
    looks: list[str]
    shared: bool


async def spent_sources(conn: AnyExecutor) -> list[SpentSource]:
    """Sources that went, whose files are still there."""
    return [SpentSource(**dict(row)) for row in await conn.fetch(_SOURCES)]


async def forget_looks(conn: asyncpg.Connection, source: SpentSource) -> None:
    """Forget what was seen and heard in a source, so that no later request is given it; before the files go."""
    await conn.execute("delete from transcripts where source_id = $1", source.id)
    await conn.execute(
        "delete from stage_results where stage = 'analyse' and result ->> 'analysis' = any($1::text[])", source.looks
    )


async def forget_source(conn: AnyExecutor, source_id: int) -> None:
    """Forget where a source lay, and what it was; after its files went."""
    await conn.execute(
        """
        update sources set store_key = null, content_hash = null, probe = null
        where id = $1 and deleted_at is not null
        """,
        source_id,
    )
