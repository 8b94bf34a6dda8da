"""How much was written in a channel's chat, in buckets of `CHAT_BUCKET_S` seconds by the platform's time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from db.pool import AnyExecutor

CHAT_BUCKET_S: Final = 5
"""Seconds that a bucket holds; it starts at a multiple of them since the Unix epoch."""


@dataclass(frozen=True, slots=True)
class Count:
    """One bucket: what was written in a channel from `at_s` (Unix seconds) on; `chatters` is how many people wrote."""

    platform: str
    channel_id: str
    at_s: float
    messages: int
    chatters: int
    emotes: int


async def put(conn: AnyExecutor, counts: Sequence[Count]) -> None:
    """Write what a process counted in whole buckets; each bucket at most once in one call.

    A bucket keeps the largest numbers it was told, so the same told again, or by two processes, does no harm.
    """
    await conn.execute(
        """
        insert into chat_counts as c (platform, channel_id, at, messages, chatters, emotes)
        select platform, channel_id, to_timestamp(at_s), messages, chatters, emotes
        from unnest($1::text[], $2::text[], $3::float8[], $4::int[], $5::int[], $6::int[])
          as told (platform, channel_id, at_s, messages, chatters, emotes)
        order by platform, channel_id, at_s
        on conflict (platform, channel_id, at) do update
          set messages = greatest(c.messages, excluded.messages), chatters = greatest(c.chatters, excluded.chatters),
              emotes = greatest(c.emotes, excluded.emotes)
        """,
        [count.platform for count in counts],
        [count.channel_id for count in counts],
        [count.at_s for count in counts],
        [count.messages for count in counts],
        [count.chatters for count in counts],
        [count.emotes for count in counts],
    )


async def window(conn: AnyExecutor, platform: str, channel_id: str, from_at: datetime, to_at: datetime) -> list[Count]:
    """The buckets that reach into a stretch of time, in order; those in which nobody wrote are left out."""
    rows = await conn.fetch(
        """
        select platform, channel_id, extract(epoch from at)::float8 as at_s, messages, chatters, emotes
        from chat_counts
        where platform = $1 and channel_id = $2 and at > $3::timestamptz - make_interval(secs => $5) and at < $4
        order by at
        """,
        platform,
        channel_id,
        from_at,
        to_at,
        float(CHAT_BUCKET_S),
    )
    return [Count(**dict(row)) for row in rows]
