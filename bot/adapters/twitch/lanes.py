"""Channels side by side, what happens in one of them one after another."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from loguru import logger

from clipnet.clock import Clock
from clipnet.ending import end
from clipnet.errors import Unavailable
from clipnet.metrics import counter

AT_ONCE: Final = 4
"""Events that are handled at a time; each takes a connection of the pool for a while."""
LONGEST: Final = 2_000
"""Events of a channel that may wait; what comes on top is dropped."""
TRIES: Final = 4
FIRST_PAUSE_S: Final = 1.0

DROPPED = counter("twitch_events_dropped", "Events of Twitch that could not be handled.", ("reason",))


class Lanes:
    """Hands events to `handle`, in order within a channel; what is away is tried again for a while."""

    def __init__(
        self,
        handle: Callable[[Any], Awaitable[None]],
        clock: Clock,
        *,
        at_once: int = AT_ONCE,
        longest: int = LONGEST,
    ) -> None:
        self._handle = handle
        self._clock = clock
        self._longest = longest
        self._slots = asyncio.Semaphore(at_once)
        self._waiting: dict[str, deque[Any]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def put(self, lane: str, heard: Any) -> None:
        """Handle this after what came before it in its lane."""
        waiting = self._waiting.setdefault(lane, deque())
        if len(waiting) >= self._longest:
            DROPPED.labels("too many").inc()
            return
        waiting.append(heard)
        if lane not in self._tasks:
            self._tasks[lane] = asyncio.create_task(self._walk(lane, waiting), name=f"twitch {lane}")

    async def leave(self) -> None:
        """Drop everything."""
        await end(list(self._tasks.values()))

    async def _walk(self, lane: str, waiting: deque[Any]) -> None:
        try:
            while waiting:
                async with self._slots:
                    await self._one(lane, waiting.popleft())
        finally:
            del self._tasks[lane], self._waiting[lane]

    async def _one(self, lane: str, heard: Any) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                await self._handle(heard)
            except Unavailable as error:
                if attempt == TRIES:
                    DROPPED.labels("away").inc()
                    logger.warning("an event of Twitch was dropped", channel=lane, why=error.sentence)
                    return
                await self._clock.sleep(error.retry_after_s or FIRST_PAUSE_S * 2 ** (attempt - 1))
            except Exception as error:
                DROPPED.labels("failed").inc()
                logger.opt(exception=error).error("an event of Twitch failed", channel=lane)
                return
            else:
                return
