"""Tasks end although something in them swallows a cancellation."""

import asyncio

import pytest

from clipnet.ending import end, through


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


async def test_what_has_to_be_done_is_done_however_often_it_is_cancelled() -> None:
    done, may_end = [], asyncio.Event()

    async def tidy() -> None:
        await may_end.wait()
        done.append("tidied")

    async def live() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await through(tidy())

    task = asyncio.create_task(live())
    for _ in range(5):
        await asyncio.sleep(0)
        task.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["tidied"]


async def test_what_goes_wrong_in_it_is_raised() -> None:
    async def fail() -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # it is the one that was raised above
        await through(fail())
