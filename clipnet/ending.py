"""Ending tasks for certain, and letting none end half-way that mustn't."""

import asyncio
from collections.abc import Collection, Coroutine
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
