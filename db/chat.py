"""What a stream's chat did, and the moments that its viewers asked for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was written in a chat in the seconds from `at_s` (Unix epoch) on."""

    at_s: float
    messages: int
    chatters: int
    emotes: int


async def of_channel(conn: Reader, platform: str, channel_id: str, start: datetime, end: datetime) -> list[Bucket]:
    """The counts of a channel's chat from `start` up to before `end`, in order."""
    rows = await conn.fetch(
        """
        select extract(epoch from at)::float8 as at_s, messages, chatters, emotes from chat_counts
        where platform = $1 and channel_id = $2 and at >= $3 and at < $4 order by at
        """,
        platform,
        channel_id,
        start,
        end,
    )
    return [Bucket(**dict(row)) for row in rows]


async def mark(
    conn: Executor,
    platform: str,
    channel_id: str,
    at_s: float,
    kind: Literal["ask", "marker"],
    *,
    user_id: int | None = None,
    request_id: int | None = None,
    note: str = "",
) -> None:
    """Write down that somebody pointed at a moment of a stream; `at_s` in Unix seconds, as viewers saw it."""
    await conn.execute(
        """
        insert into stream_marks (platform, channel_id, at, kind, user_id, request_id, note)
        values ($1, $2, to_timestamp($3), $4, $5, $6, $7)
        """,
        platform,
        channel_id,
        at_s,
        kind,
        user_id,
        request_id,
        note,
    )


async def marks(conn: Reader, platform: str, channel_id: str, start: datetime, end: datetime) -> list[float]:
    """Unix seconds of the moments of a channel that somebody pointed at, as viewers saw it."""
    rows = await conn.fetch(
        """
        select extract(epoch from at)::float8 as at_s from stream_marks
        where platform = $1 and channel_id = $2 and at between $3 and $4 order by at
        """,
        platform,
        channel_id,
        start,
        end,
    )
    return [row["at_s"] for row in rows]
