"""Ending tasks for certain, and letting none end half-way that mustn't."""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

AGAIN_S = 0.2
Result = TypeVar("Result")


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended: a library below may swallow one cancellation, and the task would go on."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_S)


async def whole(work: Coroutine[Any, Any, Result]) -> Result:
    """Do a piece of work to its end, whoever cancels its caller meanwhile; the cancellation holds afterwards.

    The work limits its own time.
    """
    task = asyncio.create_task(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled and not task.cancelled():
        task.exception()
        raise asyncio.CancelledError
    return task.result()


@asynccontextmanager
async def together() -> AsyncIterator[asyncio.TaskGroup]:
    """Pieces of work at once, of which none outlives the block; when one fails, the others end before it raises that.

    `asyncio.gather` lets the others go on, and doesn't wait for all of them when it is cancelled; a bare group raises a
    group of errors.
    """
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
