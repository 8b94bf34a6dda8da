"""Hands what a platform delivered to its hook: in order within a lane, lanes side by side, until each is done."""

import asyncio
import json
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

import asyncpg
from loguru import logger

from bot.hooks import Delivery, Hook
from clipnet import backoff
from clipnet.batcher import Batcher
from clipnet.clock import Clock
from clipnet.crashpoints import crash_point
from clipnet.ending import end
from clipnet.errors import Unavailable
from clipnet.metrics import counter
from clipnet.settings import Settings
from db import deliveries
from db.deliveries import Waiting
from db.pool import DATABASE_ERRORS, connect

HANDLE_S = 60.0
"""Seconds that a hook gets for one delivery."""
POLL_S = 2.0
"""Seconds between two looks for what other processes wrote down, and until the next try after the database failed."""
LANES = 16
"""Deliveries of one platform that are handled at once; most of that time they wait for the platform's answers."""
WINDOW = 64
"""Deliveries that are looked at in one go, and so held in memory."""
TRIES = 6
PATIENCE_S = 900.0
"""How old a delivery may get while what it needs is away; an answer after that is of no use to anybody."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
IDLE_SESSION_S = 30.0
"""Silence after which the database takes a holder for frozen, and lets the next process have the lock."""

HANDLED = counter("deliveries", "Deliveries handed to their hook.", ("platform", "outcome"))
_before = crash_point("delivery.before-handle")
_handled = crash_point("delivery.after-handle-before-done")


class Drain:
    """One platform's deliveries.

    Of all processes one at a time handles them: the one that holds the lock, on a connection over which it also takes
    and marks them, so that whoever has lost the lock can mark nothing.
    """

    def __init__(self, platform: str, hook: Hook, settings: Settings, clock: Clock) -> None:
        self._platform = platform
        self._hook = hook
        self._settings = settings
        self._clock = clock
        self._news = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """There is something new."""
        self._news.set()

    def stop(self) -> None:
        """Begin nothing more; `run` returns once what is being handled has ended."""
        self._stopping = True
        self._news.set()

    async def run(self) -> None:
        """Handle deliveries until `stop`, whatever becomes of the database meanwhile."""
        while not self._stopping:
            try:
                await self._hold()
            except (Unavailable, *DATABASE_ERRORS) as error:
                logger.warning("deliveries wait", platform=self._platform, error=type(error).__name__)
                await self._clock.sleep(0 if self._stopping else POLL_S)

    async def _hold(self) -> None:
        conn = await connect(
            self._settings.database.url,
            env=self._settings.env,
            application_name="clipnet-drain",
            idle_session_s=IDLE_SESSION_S,
        )
        try:
            while not self._stopping:
                if await deliveries.try_lock(conn, self._platform):
                    await self._work(_Desk(conn, self._platform, self._hook, self._clock, self._news))
                else:
                    await self._wait(POLL_S)
        finally:
            conn.terminate()

    async def _work(self, desk: "_Desk") -> None:
        try:
            while not self._stopping:
                self._news.clear()
                await desk.fill()
                await self._wait(desk.rest_s())
            await desk.clear()
        finally:
            await desk.leave()

    async def _wait(self, most_s: float) -> None:
        """Until there is news, or for `most_s` seconds."""
        waits = [asyncio.create_task(self._news.wait()), asyncio.create_task(self._clock.sleep(most_s))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(waits)


class _Desk:
    """What the holder of the lock has in hand: a task for each lane of which something waits."""

    def __init__(self, conn: asyncpg.Connection, platform: str, hook: Hook, clock: Clock, news: asyncio.Event) -> None:
        self._conn = conn
        self._talk = asyncio.Lock()
        self._platform = platform
        self._hook = hook
        self._clock = clock
        self._news = news
        self._slots = asyncio.Semaphore(LANES)
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._held: dict[str, float] = {}
        self._done: Batcher[int, None] = Batcher(self._finish)
        self._broken: Exception | None = None
        self._leaving = False

    async def fill(self) -> None:
        """Take up lanes that wait, as long as there is room. Raises what the database raised meanwhile."""
        if self._broken is not None:
            raise self._broken
        now_s = self._clock.monotonic_s()
        self._held = {lane: until_s for lane, until_s in self._held.items() if until_s > now_s}
        if len(self._lanes) >= LANES:
            async with self._talk:
                await deliveries.ping(self._conn)
            return
        busy = [*self._lanes, *self._held]
        async with self._talk:
            found = await deliveries.take(self._conn, self._platform, without=busy, limit=WINDOW)
        for lane, waiting in groupby(sorted(found, key=attrgetter("lane", "id")), key=attrgetter("lane")):
            rows = list(waiting)
            if rows[0].due_in_s > 0:
                self._held[lane] = now_s + rows[0].due_in_s
            else:
                self._lanes[lane] = asyncio.create_task(self._walk(lane, rows), name=f"lane {lane}")

    def rest_s(self) -> float:
        """How long there is nothing to do unless there is news."""
        now_s = self._clock.monotonic_s()
        return max(0.0, min([POLL_S, *(until_s - now_s for until_s in self._held.values())]))

    async def clear(self) -> None:
        """Wait for what is being handled, without beginning anything."""
        self._leaving = True
        if self._lanes:
            await asyncio.wait(self._lanes.values())

    async def leave(self) -> None:
        """Drop everything; what was not done comes again."""
        await end(self._lanes.values())

    async def _walk(self, lane: str, rows: Sequence[Waiting]) -> None:
        """Handle one after another; the first that fails holds the lane."""
        try:
            for row in rows:
                async with self._slots:
                    if self._leaving or not await self._one(row):
                        return
        except DATABASE_ERRORS as error:
            self._broken = error
        finally:
            del self._lanes[lane]
            self._news.set()

    async def _one(self, row: Waiting) -> bool:
        """Whether the lane may go on."""
        _before()
        error = await self._try(row)
        if error is None:
            _handled()
            await self._done.ask(row.id)
            HANDLED.labels(self._platform, "done").inc()
            return True
        again_in_s = pause_s(error, row.tries + 1, row.age_s)
        logger.warning(
            "a delivery failed",
            platform=self._platform,
            kind=row.kind,
            delivery=row.id,
            tries=row.tries + 1,
            error=type(error).__name__,
            again_in_s=again_in_s,
        )
        HANDLED.labels(self._platform, "given up" if again_in_s is None else "failed").inc()
        async with self._talk:
            await deliveries.fail(self._conn, row.id, type(error).__name__, again_in_s=again_in_s)
        return again_in_s is None

    async def _try(self, row: Waiting) -> Exception | None:
        given = Delivery(row.event_id, row.kind, json.loads(row.body), row.lane)
        try:
            async with asyncio.timeout(HANDLE_S):
                await self._hook.handle(given)
        except Exception as error:
            return error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return RuntimeError("the hook was cancelled from inside")
        return None

    async def _finish(self, ids: Sequence[int]) -> Sequence[None]:
        async with self._talk:
            await deliveries.finish(self._conn, ids)
        return [None] * len(ids)


def pause_s(error: Exception, tries: int, age_s: float) -> float | None:
    """Seconds until a delivery of that age, which failed for the `tries`-th time, is tried again; None: never."""
    if backoff.permanent(error):
        return None
    patient = isinstance(error, Unavailable)
    if (patient and age_s > PATIENCE_S) or (not patient and tries >= TRIES):
        return None
    return backoff.delay_s(error, tries, base_s=FIRST_PAUSE_S, cap_s=LONGEST_PAUSE_S)
