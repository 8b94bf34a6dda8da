"""Clips: what came out of a request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool
SEEN = frozenset({"ready", "approved", "posted"})
"""States in which a clip can be looked at."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip with what is needed to show it."""

    id: int
    public_id: str
    request_id: int
    request_public_id: str
    user_id: int | None
    community_id: int | None
    segment_id: int | None
    rank: int
    state: str
    start_s: float
    end_s: float
    score: float
    reason: str
    title: str
    width: int | None
    height: int | None
    duration_s: float | None
    error: dict[str, Any] | None
    revision: int
    created_at: datetime
    updated_at: datetime
    held_at: datetime | None
    hold_reason: str | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of a clip in the store."""

    kind: str
    store_key: str
    mime: str
    bytes: int


_SELECT = """
select c.id, c.public_id, c.request_id, r.public_id as request_public_id, r.user_id, r.community_id, c.segment_id,
       c.rank, c.state, c.start_s, c.end_s, c.score, c.reason, c.title, c.width, c.height, c.duration_s, c.error,
       c.revision, c.created_at, c.updated_at, c.held_at, c.hold_reason
from clips c join requests r on r.id = c.request_id
"""


async def by_public_id(conn: Reader, public_id: str) -> Clip | None:
    """The clip of that public id, deleted ones included."""
    row = await conn.fetchrow(_SELECT + "where c.public_id = $1", public_id)
    return Clip(**dict(row)) if row else None


async def by_id(conn: Reader, clip_id: int) -> Clip | None:
    """The clip of that row id."""
    row = await conn.fetchrow(_SELECT + "where c.id = $1", clip_id)
    return Clip(**dict(row)) if row else None


async def of_request(conn: Reader, request_id: int) -> list[Clip]:
    """The clips of a request by rank, without deleted ones."""
    rows = await conn.fetch(_SELECT + "where c.request_id = $1 and c.state <> 'deleted' order by c.rank", request_id)
    return [Clip(**dict(row)) for row in rows]


async def page(
    conn: Reader,
    *,
    before: int | None,
    limit: int,
    user_id: int | None = None,
    community_id: int | None = None,
    state: str | None = None,
) -> list[Clip]:
    """Newest first: clips with an id below `before`, of one person, community and state if asked; never deleted ones.

    Of a community those on hold are left out.
    """
    rows = await conn.fetch(
        _SELECT
        + """
        where c.state <> 'deleted' and ($1::bigint is null or c.id < $1) and ($3::bigint is null or r.user_id = $3)
          and ($4::text is null or c.state = $4)
          and ($5::bigint is null or (r.community_id = $5 and c.held_at is null))
        order by c.id desc limit $2
        """,
        before,
        limit,
        user_id,
        state,
        community_id,
    )
    return [Clip(**dict(row)) for row in rows]


async def stored(conn: Reader, clip_ids: list[int]) -> dict[int, list[Stored]]:
    """The files of the newest revision that was made, by clip."""
    rows = await conn.fetch(
        """
        select clip_id, kind, store_key, mime, bytes from assets a
        where clip_id = any($1::bigint[])
          and revision = (select max(b.revision) from assets b where b.clip_id = a.clip_id)
        order by clip_id, kind
        """,
        clip_ids,
    )
    found: dict[int, list[Stored]] = {}
    for row in rows:
        found.setdefault(row["clip_id"], []).append(Stored(row["kind"], row["store_key"], row["mime"], row["bytes"]))
    return found


async def mime_of_key(conn: Reader, store_key: str, *, shown: bool) -> str | None:
    """The type of a file in the store that belongs to a clip which isn't deleted.

    With `shown` only the video and the pictures of clips that are finished and not on hold: what a link may lead to.
    """
    found: str | None = await conn.fetchval(
        """
        select a.mime from assets a join clips c on c.id = a.clip_id
        where a.store_key = $1 and c.state <> 'deleted'
          and (not $2 or (c.state in ('ready', 'approved', 'posted') and c.held_at is null
                          and a.kind in ('video', 'thumbnail', 'poster')))
        order by a.id desc limit 1
        """,
        store_key,
        shown,
    )
    return found


async def signals(conn: Reader, segment_id: int) -> dict[str, float]:
    """What each signal said about a segment, 0 to 1, strongest first."""
    rows = await conn.fetch(
        "select signal, value from scores where segment_id = $1 order by value desc, signal", segment_id
    )
    return {row["signal"]: row["value"] for row in rows}


async def lock(conn: Executor, clip_id: int) -> str:
    """Hold a clip and, before it, its request, as all do who hold both, until the end of the transaction.

    Returns the clip's state.
    """
    await conn.execute(
        "select from requests where id = (select request_id from clips where id = $1) for update", clip_id
    )
    found: str = await conn.fetchval("select state from clips where id = $1 for update", clip_id)
    return found


async def settled(conn: Executor, clip_id: int) -> Clip | None:
    """A clip as it is once everyone who was deciding on it has committed; nobody does until the transaction ends."""
    await conn.execute("select from clips where id = $1 for share", clip_id)
    return await by_id(conn, clip_id)


async def set_state(conn: Executor, clip_id: int, state: str) -> None:
    """Move a clip along an edge of its states; the error of an earlier end is forgotten."""
    await conn.execute("update clips set state = $2, error = null, updated_at = now() where id = $1", clip_id, state)


async def cancel_of_request(conn: Executor, request_id: int) -> None:
    """Cancel what of a request's clips is not finished."""
    await conn.execute(
        """
        update clips set state = 'cancelled', updated_at = now()
        where request_id = $1 and state in ('queued', 'rendering')
        """,
        request_id,
    )


async def requeue_of_request(conn: Executor, request_id: int) -> None:
    """Queue a request's failed and cancelled clips again."""
    await conn.execute(
        """
        update clips set state = 'queued', error = null, updated_at = now()
        where request_id = $1 and state in ('failed', 'cancelled')
        """,
        request_id,
    )


async def like(conn: Reader, user_id: int, public_id: str) -> str | None:
    """The public id among a person's newest clips and requests that one slip of a finger turns into `public_id`."""
    rows = await conn.fetch(
        """
        select public_id from (
          (select c.public_id, c.id from clips c join requests r on r.id = c.request_id
           where r.user_id = $1 and c.state <> 'deleted' order by c.id desc limit 200)
          union all (select public_id, id from requests where user_id = $1 order by id desc limit 200)
        ) ids
        """,
        user_id,
    )
    for row in rows:
        candidate: str = row["public_id"]
        if sum(a != b for a, b in zip(candidate, public_id, strict=True)) <= 1:
            return candidate
    return None
