"""Tasks end although something in them swallows a cancellation."""

import asyncio

import pytest

from clipnet.ending import end, together, whole


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


@pytest.mark.parametrize("how", ["fails", "cancelled"])
async def test_none_of_what_is_done_together_outlives_the_others(how: str) -> None:
    ended: list[str] = []

    async def slow_to_end() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.01)
            ended.append("slow")

    async def quick_to_end() -> None:
        await asyncio.sleep(0 if how == "fails" else 60)
        raise LookupError("gone")

    async def both() -> None:
        async with together() as group:
            group.create_task(slow_to_end())
            group.create_task(quick_to_end())

    doing = asyncio.create_task(both())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    if how == "cancelled":
        doing.cancel()
    with pytest.raises(LookupError if how == "fails" else asyncio.CancelledError):
        await doing
    assert ended == ["slow"]
