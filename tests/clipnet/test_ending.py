"""Tasks end although something in them swallows a cancellation."""

import asyncio

import pytest

from clipnet.ending import end, whole


async def _forgetful(swallow: int) -> None:
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            if not swallow:
                raise
            swallow -= 1


async def test_a_task_that_swallows_two_cancellations_ends_at_the_third() -> None:
    tasks = [asyncio.create_task(_forgetful(swallow)) for swallow in (0, 2)]
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end(tasks)
    assert all(task.cancelled() for task in tasks)
    await end([])


async def test_work_is_done_to_its_end_though_its_caller_is_cancelled_again_and_again() -> None:
    going, done = asyncio.Event(), []

    async def work() -> int:
        await going.wait()
        done.append(1)
        return 7

    caller = asyncio.create_task(whole(work()))
    for _ in range(3):
        await asyncio.sleep(0)
        caller.cancel()
    going.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert done == [1]
    assert await whole(work()) == 7


async def test_the_work_s_own_error_is_its_caller_s() -> None:
    async def work() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await whole(work())
