"""Streams: what is live where."""

from dataclasses import dataclass

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of a channel; `delay_s` seconds pass from what happens to what viewers see."""

    id: int
    platform: str
    channel_id: str
    community_id: int | None
    delay_s: float


_LIVE = "select id, platform, channel_id, community_id, delay_s from streams where state = 'live' and "


async def live_at(conn: Reader, platform: str, channel_id: str) -> Stream | None:
    """The stream that is live in a channel."""
    row = await conn.fetchrow(_LIVE + "platform = $1 and channel_id = $2", platform, channel_id)
    return Stream(*row) if row else None


async def live_of_community(conn: Reader, community_id: int) -> Stream | None:
    """The stream of a community that is live; the newest of several."""
    row = await conn.fetchrow(_LIVE + "community_id = $1 order by started_at desc limit 1", community_id)
    return Stream(*row) if row else None
