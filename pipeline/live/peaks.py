"""Keeps what a chat reacted to beyond the ring while its stream is on, so that the recap has something to cut."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from asyncpg import Pool

from clipnet.platform_settings import LiveSettings
from db import chat, streams
from db.streams import Stream
from pipeline.highlights.recap import USUAL_S, rank

EVERY_S = 20.0
AFTERWARDS_S = 300.0
ROOM_S = 45.0
"""Kept before and after a moment, so that it can be trimmed the other way too."""


async def keep_peaks(pool: Pool, settings: LiveSettings, now: datetime) -> int:
    """Have the newest peaks of every recorded stream kept whose community wants a recap; returns how many are new.

    What is older than the ring is gone, and what was kept before is kept once. For a while after a stream its chat
    still reacts to the end of it.
    """
    kept = 0
    for stream in await streams.with_recap(pool, now - timedelta(seconds=AFTERWARDS_S)):
        for start_s, end_s in await _peaks(pool, stream, settings, now):
            async with pool.acquire() as conn:
                kept += await streams.keep(
                    conn,
                    stream.id,
                    (_at(start_s), _at(end_s)),
                    room_s=ROOM_S,
                    until=now + timedelta(hours=settings.keep_hours),
                )
    return kept


async def _peaks(pool: Pool, stream: Stream, settings: LiveSettings, now: datetime) -> Sequence[tuple[float, float]]:
    """Start and end of moments that the ring still holds, in Unix seconds as viewers saw them."""
    since = max(stream.started_at, now - timedelta(seconds=2 * USUAL_S))
    counts = await chat.of_channel(pool, stream.platform, stream.channel_id, since, now)
    asked = await chat.marks(pool, stream.platform, stream.channel_id, since, now)
    on = (since.timestamp(), now.timestamp())
    oldest_s = now.timestamp() - settings.minutes * 60
    return [(found.start_s, found.end_s) for found in rank(counts, asked, on) if found.start_s >= oldest_s]


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
