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


async def put(conn: AnyExecutor, counts: Sequence[Count], *, share: str = "") -> None:
    """Write what was counted in whole buckets; each bucket at most once in one call.

    The same told again does no harm: a bucket keeps the largest numbers it was told. Where each of several processes
    hears a part of what is written, `share` names whose part this is, and the parts of a bucket add up; without it a
    whole chat was heard. Who wrote to several parts in the seconds of one bucket is a chatter of each.
    """
    await conn.execute(
        """
        insert into chat_counts as c (platform, channel_id, at, messages, chatters, emotes, shares)
        select platform, channel_id, to_timestamp(at_s), messages, chatters, emotes,
          case $7::text when '' then '{}' else jsonb_build_object($7::text, array[messages, chatters, emotes]) end
        from unnest($1::text[], $2::text[], $3::float8[], $4::int[], $5::int[], $6::int[])
          as told (platform, channel_id, at_s, messages, chatters, emotes)
        order by platform, channel_id, at_s
        on conflict (platform, channel_id, at) do update
          set (messages, chatters, emotes, shares) = (
            select greatest(c.messages, excluded.messages, sum((each.value -> 0)::int)),
              greatest(c.chatters, excluded.chatters, sum((each.value -> 1)::int)),
              greatest(c.emotes, excluded.emotes, sum((each.value -> 2)::int)),
              c.shares || excluded.shares
            from jsonb_each(c.shares || excluded.shares) each)
        """,
        [count.platform for count in counts],
        [count.channel_id for count in counts],
        [count.at_s for count in counts],
        [count.messages for count in counts],
        [count.chatters for count in counts],
        [count.emotes for count in counts],
        share,
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
