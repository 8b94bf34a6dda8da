"""Tasks end although something in them swallows a cancellation."""

import asyncio

from clipnet.ending import end


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
