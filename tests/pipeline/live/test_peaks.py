"""What a chat reacts to is kept beyond the ring, for communities that want a recap."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from clipnet.settings import Settings
from db import streams
from db.pool import open_pool
from pipeline.live.peaks import ROOM_S, keep_peaks
from tests.conftest import Database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEAK = NOW - timedelta(minutes=4)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    """As the worker."""
    pool = await open_pool(database.url("worker"), env="test", max_size=2)
    yield pool
    pool.terminate()


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    conn = await asyncpg.connect(database.superuser_url)
    yield conn
    await conn.close()


async def _live(owner: asyncpg.Connection, *, recap: bool, record: bool = True) -> int:
    """A stream that began half an hour ago, in a community."""
    community = await owner.fetchval(
        "insert into communities (name, settings) values ('arena', jsonb_build_object('recap', $1::bool)) returning id",
        recap,
    )
    return await streams.start(
        owner,
        "twitch",
        "c",
        "s1",
        "https://x/a.m3u8",
        community_id=community,
        record=record,
        started_at=NOW - timedelta(minutes=30),
    )


async def _chat(owner: asyncpg.Connection, peak: datetime, people: int = 60) -> None:
    """Half an hour of a few people's talk, in which many react at one moment."""
    dice = random.Random(1)
    for number in range(360):
        at = NOW - timedelta(minutes=30) + timedelta(seconds=5 * number)
        chatters = people if abs((at - peak).total_seconds()) < 2.6 else dice.randint(2, 5)
        await owner.execute("insert into chat_counts values ('twitch', 'c', $1, $2, $2, 0)", at, chatters)


async def _kept(owner: asyncpg.Connection) -> list[tuple[datetime, datetime]]:
    return [tuple(row) for row in await owner.fetch("select from_at, to_at from kept_spans order by id")]


async def test_the_surroundings_of_a_peak_are_kept_once(
    pool: asyncpg.Pool, owner: asyncpg.Connection, settings: Settings
) -> None:
    await _live(owner, recap=True)
    await _chat(owner, PEAK)

    assert await keep_peaks(pool, settings.live, NOW) == 1
    assert await keep_peaks(pool, settings.live, NOW + timedelta(seconds=20)) == 0
    ((from_at, to_at),) = await _kept(owner)
    assert from_at <= PEAK - timedelta(seconds=ROOM_S)
    assert to_at >= PEAK
    wanted = await streams.wanted(pool)
    assert len(wanted.kept) == 0  # its time, which is counted from that noon, is over on this machine
    await owner.execute("update kept_spans set until = now() + interval '1 hour'")
    assert len((await streams.wanted(pool)).kept) == 1


async def test_the_end_of_a_stream_is_kept_when_its_chat_reacts_afterwards(
    pool: asyncpg.Pool, owner: asyncpg.Connection, settings: Settings
) -> None:
    await _live(owner, recap=True)
    ended_at = NOW - timedelta(seconds=10)
    await streams.end(owner, "twitch", "c", ended_at=ended_at)
    await _chat(owner, NOW - timedelta(seconds=5))

    assert await keep_peaks(pool, settings.live, NOW) == 1
    ((from_at, to_at),) = await _kept(owner)
    assert from_at < ended_at < to_at
    assert await keep_peaks(pool, settings.live, NOW + timedelta(minutes=6)) == 0


@pytest.mark.parametrize(
    "what", ["no recap", "not recorded", "asked for", "older than the ring", "a quiet chat", "long over"]
)
async def test_nothing_else_is_kept(
    pool: asyncpg.Pool, owner: asyncpg.Connection, settings: Settings, what: str
) -> None:
    await _live(owner, recap=what != "no recap", record=what != "not recorded")
    if what == "long over":
        await streams.end(owner, "twitch", "c", ended_at=NOW - timedelta(minutes=6))
    peak = NOW - timedelta(minutes=15) if what == "older than the ring" else PEAK
    await _chat(owner, peak, people=4 if what == "a quiet chat" else 60)
    if what == "asked for":
        await owner.execute(
            "insert into stream_marks (platform, channel_id, at, kind) values ('twitch', 'c', $1, 'ask')", peak
        )

    assert await keep_peaks(pool, settings.live, NOW) == 0
    assert await _kept(owner) == []
