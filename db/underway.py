"""Messages of requests that are under way: which there are, and who may change one next.

A change of such a message first raises its revision from the one that was read: of several processes that want to, one
does; and none does once the request has ended, so that the last word stays the last.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from asyncpg import Pool

from db.pool import Executor


@dataclass(frozen=True, slots=True)
class Underway:
    """The message of an open request. `handle` finds it on its platform; `language` is the community's."""

    request_id: int
    public_id: str
    place: dict[str, Any]
    handle: str | None
    revision: int
    body: dict[str, Any]
    language: str


_SELECT = """
select n.request_id, r.public_id, n.place, n.handle, n.revision, n.body, coalesce(c.settings ->> 'language', 'en')
from notices n join requests r on r.id = n.request_id left join communities c on c.id = r.community_id
where not n.final and r.state in ('queued', 'working')
"""


async def of_request(conn: Executor | Pool, request_id: int) -> Underway | None:
    """The message of a request; None when the request has ended."""
    row = await conn.fetchrow(_SELECT + "and n.request_id = $1", request_id)
    return Underway(*row) if row else None


async def expiring(conn: Executor | Pool, platform: str, before_s: float, limit: int = 50) -> Sequence[Underway]:
    """Messages that can only be changed until a time (`extra.until` of their place) before `before_s`, Unix seconds."""
    rows = await conn.fetch(
        _SELECT
        + """
        and n.handle is not null and n.place ->> 'platform' = $1 and (n.place -> 'extra' ->> 'until')::float8 < $2
        order by n.request_id limit $3
        """,
        platform,
        before_s,
        limit,
    )
    return [Underway(*row) for row in rows]


async def begin(
    conn: Executor | Pool, public_id: str, *, place: dict[str, Any], handle: str, body: dict[str, Any]
) -> bool:
    """The message of a request was sent; False when the request has one already, or one of another place."""
    tag: str = await conn.execute(
        """
        update notices set handle = $3, body = $4, revision = revision + 1, updated_at = now()
        where request_id = (select id from requests where public_id = $1) and handle is null
          and place ->> 'platform' = $2::jsonb ->> 'platform' and place ->> 'id' = $2::jsonb ->> 'id'
        """,
        public_id,
        place,
        handle,
        body,
    )
    return tag.endswith(" 1")


async def advance(
    conn: Executor | Pool,
    request_id: int,
    revision: int,
    *,
    handle: str | None = None,
    place: dict[str, Any] | None = None,
) -> bool:
    """Take the right to change a message as it was read; False when it changed meanwhile, or the request ended."""
    tag: str = await conn.execute(
        """
        update notices n
        set revision = n.revision + 1, handle = coalesce($3, n.handle), place = coalesce($4, n.place),
            updated_at = now()
        from requests r
        where r.id = n.request_id and r.state in ('queued', 'working') and not n.final
          and n.request_id = $1 and n.revision = $2
        """,
        request_id,
        revision,
        handle,
        place,
    )
    return tag.endswith(" 1")
