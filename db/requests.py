"""Requests: what a person asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Request:
    """A request, with the source it is about."""

    id: int
    public_id: str
    user_id: int | None
    community_id: int | None
    source_id: int
    source_kind: str
    origin: str
    source_title: str
    place: dict[str, Any]
    options: dict[str, Any]
    state: str
    error: dict[str, Any] | None
    trace_id: UUID
    created_at: datetime
    ended_at: datetime | None


_SELECT = """
select r.id, r.public_id, r.user_id, r.community_id, r.source_id, s.kind as source_kind, s.origin,
       s.title as source_title, r.place, r.options, r.state, r.error, r.trace_id, r.created_at, r.ended_at
from requests r join sources s on s.id = r.source_id
"""


async def create(
    conn: Executor,
    *,
    user_id: int,
    community_id: int | None,
    kind: Literal["url", "file", "live"],
    origin: str,
    place: dict[str, Any],
    options: dict[str, Any],
    trace_id: UUID,
    moment: tuple[str, float] | None = None,
    message_id: str | None = None,
) -> tuple[int, str]:
    """A new request with its source, its notice and its first asker, in one statement; returns its id and public id.

    Args:
        moment: what it is a moment of and where that lies; see `requests.moment_key`.
        message_id: the asking message, by the platform's id.
    """
    row = await conn.fetchrow(
        """
        with source as (insert into sources (kind, origin, community_id) values ($3, $4, $2) returning id),
        request as (
          insert into requests (user_id, community_id, source_id, place, options, trace_id, moment_key, moment_s)
          select $1, $2, id, $5, $6, $7, $8, $9 from source returning id, public_id),
        notice as (insert into notices (request_id, place) select id, $5 from request),
        asker as (
          insert into request_askers (request_id, user_id, place, message_id) select id, $1, $5, $10 from request)
        select id, public_id from request
        """,
        user_id,
        community_id,
        kind,
        origin,
        place,
        options,
        trace_id,
        moment[0] if moment else None,
        moment[1] if moment else None,
        message_id,
    )
    assert row is not None
    return row["id"], row["public_id"]


async def by_public_id(conn: Reader, public_id: str) -> Request | None:
    """The request of that public id."""
    row = await conn.fetchrow(_SELECT + "where r.public_id = $1", public_id)
    return Request(**dict(row)) if row else None


async def by_id(conn: Reader, request_id: int) -> Request | None:
    """The request of that row id."""
    row = await conn.fetchrow(_SELECT + "where r.id = $1", request_id)
    return Request(**dict(row)) if row else None


async def lock(conn: Executor, request_id: int) -> str:
    """Hold a request until the end of the transaction; returns its state."""
    found: str = await conn.fetchval("select state from requests where id = $1 for update", request_id)
    return found


async def set_state(conn: Executor, request_id: int, state: Literal["queued", "working", "cancelled"]) -> None:
    """Move a request along an edge of its states; the error of an earlier end is forgotten."""
    await conn.execute(
        """
        update requests set state = $2, error = null, ended_at = case when $2 = 'cancelled' then now() end where id = $1
        """,
        request_id,
        state,
    )


async def open_of_user(conn: Reader, user_id: int) -> int:
    """How many of a person's requests have not ended."""
    found: int = await conn.fetchval(
        "select count(*) from requests where user_id = $1 and state in ('queued', 'working')", user_id
    )
    return found


async def recent(conn: Reader, user_id: int, limit: int) -> list[tuple[str, str]]:
    """A person's newest requests: public id, and what they are of."""
    rows = await conn.fetch(
        """
        select r.public_id, coalesce(nullif(s.title, ''), s.origin) from requests r join sources s on s.id = r.source_id
        where r.user_id = $1 order by r.id desc limit $2
        """,
        user_id,
        limit,
    )
    return [(row[0], row[1]) for row in rows]
