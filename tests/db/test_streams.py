"""Streams, whose news come twice, late and in the wrong order."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from db import streams
from db.pool import open_pool
from tests.conftest import Database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    """As the api."""
    pool = await open_pool(database.url("api"), env="test", max_size=6)
    yield pool
    pool.terminate()


async def start(pool: asyncpg.Pool, remote_id: str = "s1", at: datetime = NOON, title: str = "A") -> int:
    async with pool.acquire() as conn:
        return await streams.start(conn, "twitch", "c", remote_id, "https://x/a.m3u8", title, started_at=at)


async def end(pool: asyncpg.Pool, remote_id: str | None = "s1", at: datetime = LATER) -> None:
    async with pool.acquire() as conn:
        await streams.end(conn, "twitch", "c", remote_id, ended_at=at)


async def live(pool: asyncpg.Pool) -> str | None:
    found = await streams.live_at(pool, "twitch", "c")
    return found.remote_id if found else None


async def test_told_twice_it_is_one_stream_with_the_newest_title(pool: asyncpg.Pool) -> None:
    assert await start(pool) == await start(pool, title="B")
    found = await streams.live_at(pool, "twitch", "c")
    assert found is not None
    assert (found.title, found.started_at) == ("B", NOON)


@pytest.mark.parametrize("remote_id", ["s1", None])
async def test_an_end_ends_it_once(pool: asyncpg.Pool, remote_id: str | None) -> None:
    stream = await start(pool)
    await end(pool, remote_id)
    await end(pool, remote_id, LATER + timedelta(hours=1))
    found = await streams.get(pool, stream)
    assert found is not None
    assert (found.state, found.ended_at, await live(pool)) == ("ended", LATER, None)


async def test_an_end_that_comes_before_its_start_holds(pool: asyncpg.Pool) -> None:
    await end(pool)
    stream = await start(pool)
    found = await streams.get(pool, stream)
    assert found is not None
    assert (found.state, found.url) == ("ended", "https://x/a.m3u8")
    assert await live(pool) is None


async def test_an_end_that_is_late_does_not_end_the_next_stream(pool: asyncpg.Pool) -> None:
    await start(pool)
    await start(pool, "s2", LATER)
    await end(pool, None, LATER - timedelta(minutes=1))
    await end(pool, "s1")
    assert await live(pool) == "s2"


async def test_the_newer_of_two_starts_is_what_is_live_whichever_comes_first(pool: asyncpg.Pool) -> None:
    await start(pool, "s2", LATER)
    await start(pool, "s1", NOON)
    assert await live(pool) == "s2"
    found = await streams.seen_at(pool, "twitch", "c", NOON + timedelta(minutes=5))
    assert found is not None
    assert found.remote_id == "s1"


async def test_ten_at_once_are_one(pool: asyncpg.Pool) -> None:
    found = await asyncio.gather(*[start(pool, f"s{n % 2}", NOON + timedelta(minutes=n % 2)) for n in range(10)])
    assert len(set(found)) == 2
    assert await live(pool) == "s1"


async def test_what_is_wanted_is_live_and_may_be_recorded(pool: asyncpg.Pool) -> None:
    stream = await start(pool)
    async with pool.acquire() as conn:
        hidden = await streams.start(
            conn, "twitch", "d", "s9", "https://x/b.m3u8", delay_s=5, record=False, started_at=NOON
        )
        until = datetime.now(UTC) + timedelta(hours=1)
        await streams.keep(conn, hidden, (NOON, NOON + timedelta(seconds=20)), until=until)
        await streams.keep(conn, stream, (NOON, LATER), until=NOON)
    wanted = await streams.wanted(pool)
    assert wanted.streams == ((stream, "https://x/a.m3u8"),)
    at = NOON.timestamp()
    assert wanted.kept == ((hidden, at - 5, at + 15),)
    await end(pool)
    assert (await streams.wanted(pool)).streams == ()


async def test_the_worker_may_write_what_is_held(pool: asyncpg.Pool, database: Database) -> None:
    stream = await start(pool)
    worker = await open_pool(database.url("worker"), env="test", max_size=1)
    await streams.recorded(worker, {stream: {"pieces": 3}})
    worker.terminate()
    found = await streams.get(pool, stream)
    assert found is not None
    assert found.recording == {"pieces": 3}
