"""A cancelled task ends, wherever in a Redis command the cancellation meets it."""

import asyncio

import pytest

from pipeline.queue.waiting_room import open_redis

TURNS = 12
"""More turns of the event loop than one command takes."""


@pytest.mark.parametrize("turns", range(TURNS))
async def test_no_cancellation_is_lost_in_a_command(redis_url: str, turns: int) -> None:
    async def work() -> None:
        while True:
            await redis.get("x")

    async with open_redis(redis_url) as redis:
        await redis.ping()
        for _ in range(20):
            working = asyncio.create_task(work())
            for _ in range(turns):
                await asyncio.sleep(0)
            asked = 0
            while not working.done():
                working.cancel()
                asked += 1
                await asyncio.wait({working}, timeout=20)
            assert asked == 1
        assert await redis.echo("clean") == b"clean"


async def test_a_time_limit_that_ends_in_a_command_is_a_time_limit(redis_url: str) -> None:
    async def work() -> None:
        async with asyncio.timeout(0.002):
            while True:
                await redis.get("x")

    async with open_redis(redis_url) as redis:
        await redis.ping()
        for _ in range(50):
            with pytest.raises(TimeoutError):
                await work()
        assert await redis.echo("clean") == b"clean"
