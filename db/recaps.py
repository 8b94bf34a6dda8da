"""The best moments of a stream that nobody asked for, as they are offered to its broadcaster."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class NewMoment:
    """A moment to offer; times in Unix seconds, as viewers saw it; `score` as its ranking gave it."""

    start_s: float
    end_s: float
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Moment:
    """An offered moment of a stream."""

    id: int
    stream_id: int
    community_id: int | None
    platform: str
    channel_id: str
    stream_started_s: float
    rank: int
    start_s: float
    end_s: float
    score: float
    reason: str
    state: str
    request: str | None


@dataclass(frozen=True, slots=True)
class Stream:
    """What a recap needs to know of a stream; `end` is None while it goes on.

    Attributes:
        title: what it was called; of one that ended before that was known, the name in its address.
    """

    id: int
    platform: str
    channel_id: str
    community_id: int | None
    title: str
    start: datetime
    end: datetime | None


_MOMENT = """
select m.id, m.stream_id, s.community_id, s.platform, s.channel_id,
       extract(epoch from s.started_at)::float8 as stream_started_s, m.rank,
       extract(epoch from m.start_at)::float8 as start_s, extract(epoch from m.end_at)::float8 as end_s,
       m.score, m.reason, m.state, r.public_id as request
from recap_moments m join streams s on s.id = m.stream_id left join requests r on r.id = m.request_id
"""
_STREAM = """
select id, platform, channel_id, community_id,
       coalesce(nullif(title, ''), substring(url from '[^/]+$'), '') as title, started_at, ended_at
from streams
"""


async def stream(conn: Reader, stream_id: int) -> Stream | None:
    """A stream that there was."""
    row = await conn.fetchrow(_STREAM + "where id = $1", stream_id)
    return Stream(*row) if row else None


async def latest_stream(conn: Reader, community_id: int) -> Stream | None:
    """The community's stream that ended last and has moments to offer."""
    row = await conn.fetchrow(
        _STREAM
        + """
        where community_id = $1 and state = 'ended'
          and exists (select from recap_moments m where m.stream_id = streams.id)
        order by ended_at desc limit 1
        """,
        community_id,
    )
    return Stream(*row) if row else None


async def put(conn: Executor, stream_id: int, moments: Sequence[NewMoment]) -> None:
    """Write the moments of a stream, best first; those of an earlier ranking stay."""
    await conn.executemany(
        """
        insert into recap_moments (stream_id, rank, start_at, end_at, score, reason)
        values ($1, $2, to_timestamp($3), to_timestamp($4), $5, $6) on conflict do nothing
        """,
        [(stream_id, rank, m.start_s, m.end_s, m.score, m.reason) for rank, m in enumerate(moments, 1)],
    )


async def of_stream(conn: Reader, stream_id: int) -> list[Moment]:
    """The moments of a stream, best first."""
    rows = await conn.fetch(_MOMENT + "where m.stream_id = $1 order by m.rank", stream_id)
    return [Moment(**dict(row)) for row in rows]


async def hold(conn: Executor, moment_id: int) -> Moment | None:
    """A moment that nobody else decides on until the transaction ends."""
    await conn.execute("select from recap_moments where id = $1 for update", moment_id)
    row = await conn.fetchrow(_MOMENT + "where m.id = $1", moment_id)
    return Moment(**dict(row)) if row else None


async def decide(
    conn: Executor, moment_id: int, state: Literal["approved", "dropped"], *, request_id: int | None = None
) -> None:
    """Write what was decided on a moment."""
    await conn.execute(
        "update recap_moments set state = $2, request_id = $3 where id = $1", moment_id, state, request_id
    )
