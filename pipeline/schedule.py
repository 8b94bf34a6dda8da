"""What happens by the clock. A fire only takes a slot and enqueues a job; two schedulers at once do no harm."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from loguru import logger

from clipnet.clock import Clock, SystemClock
from db import schedule as ledger
from db.pool import DATABASE_ERRORS
from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob
from pipeline.queue.facade import Queue

CATCH_UP = timedelta(days=2)
"""How far back a missed slot is looked for at the start."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A job that is due by the clock; its name is kept with every slot it fired for."""

    name: str
    trigger: BaseTrigger
    job: Callable[[], NewJob[Any]]


NIGHTLY_PRUNE = Schedule(
    "prune",
    CronTrigger(hour=3, minute=30, timezone=UTC),
    lambda: NewJob(OPS_PRUNE, Maintenance(note="nightly"), unique_key="ops:prune"),
)
SCHEDULES: tuple[Schedule, ...] = (NIGHTLY_PRUNE,)


class Scheduler:
    """Runs in the api role. Keeps nothing in memory that a restart could lose."""

    def __init__(self, queue: Queue, schedules: Sequence[Schedule] = SCHEDULES, *, clock: Clock | None = None) -> None:
        self._queue = queue
        self._schedules = schedules
        self._clock = clock or SystemClock()
        self._timers = AsyncIOScheduler(timezone=UTC)

    async def start(self) -> None:
        """Fire the newest slot that each schedule missed, then go on by the clock until `stop`."""
        for schedule in self._schedules:
            await self.catch_up(schedule)
            self._timers.add_job(
                self.catch_up,
                schedule.trigger,
                args=(schedule,),
                id=schedule.name,
                coalesce=True,
                misfire_grace_time=None,
            )
        self._timers.start()

    def stop(self) -> None:
        """Fire nothing more."""
        if self._timers.running:
            self._timers.shutdown(wait=False)

    async def catch_up(self, schedule: Schedule) -> bool:
        """Fire for the newest slot that is due; False when that was done before, or none is due.

        A schedule that never fired begins with its next slot.
        """
        now = self._clock.now()
        try:
            last = await ledger.last_slot(self._queue.pool, schedule.name)
            due = _newest_slot(schedule.trigger, since=last or now - CATCH_UP, now=now)
            return due is not None and await self._fire(schedule, due)
        except DATABASE_ERRORS as error:
            logger.warning("A schedule could not fire; its next fire catches up", error=type(error).__name__)
            return False

    async def _fire(self, schedule: Schedule, slot: datetime) -> bool:
        async with self._queue.transaction(created_by="schedule") as tx:
            if not await ledger.fire(tx.conn, schedule.name, slot):
                return False
            await tx.enqueue(schedule.job())
        logger.info("A schedule fired", schedule=schedule.name, slot=slot.isoformat())
        return True


def _newest_slot(trigger: BaseTrigger, *, since: datetime, now: datetime) -> datetime | None:
    """The last time of `trigger` after `since` and up to `now`."""
    newest = None
    slot = trigger.get_next_fire_time(since, max(since, now - CATCH_UP))
    while slot is not None and slot <= now:
        if slot > since:
            newest = slot
        slot = trigger.get_next_fire_time(slot, slot + timedelta(microseconds=1))
    return newest
