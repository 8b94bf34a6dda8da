"""Ending tasks for certain."""

import asyncio
from collections.abc import Collection, Coroutine
from typing import Any

AGAIN_S = 0.2


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks until they have ended: a library below may swallow one cancellation, and the task would go on."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=AGAIN_S)


async def through(work: Coroutine[Any, Any, None]) -> None:
    """Carry something out to its end, however often we are cancelled meanwhile: `end` does so again and again.

    The cancellation is raised when the work is done.
    """
    task = asyncio.create_task(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled from task.exception()
    task.result()
