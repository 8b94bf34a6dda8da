"""Schedules: each slot once, the newest missed one on start, and what the nightly chore removes."""

import asyncio
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.interval import IntervalTrigger

from clipnet.clock import ManualClock
from db.pool import connect
from db.retention import Retention, prune
from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob
from pipeline.schedule import NIGHTLY_PRUNE, Schedule, Scheduler
from tests.pipeline.shop import Shop

NIGHT = datetime(2030, 1, 10, 4, 0, tzinfo=UTC)
FIRES = "select count(*) from schedule_fires"
JOBS = "select count(*) from jobs"


async def test_the_newest_missed_slot_is_fired_once_however_many_schedulers_there_are(shop: Shop) -> None:
    schedulers = [Scheduler(shop.queue, clock=ManualClock(NIGHT)) for _ in range(3)]
    fired = await asyncio.gather(*(scheduler.catch_up(NIGHTLY_PRUNE) for scheduler in schedulers))
    assert sum(fired) == 1
    assert await shop.pool.fetchval("select slot from schedule_fires") == NIGHT.replace(hour=3, minute=30)
    assert await shop.pool.fetchval(JOBS) == 1


async def test_a_long_pause_brings_one_fire_and_not_one_for_each_night(shop: Shop) -> None:
    clock = ManualClock(NIGHT)
    scheduler = Scheduler(shop.queue, clock=clock)
    assert await scheduler.catch_up(NIGHTLY_PRUNE)
    assert not await scheduler.catch_up(NIGHTLY_PRUNE)
    clock.advance(timedelta(days=10).total_seconds())
    assert await scheduler.catch_up(NIGHTLY_PRUNE)
    assert not await scheduler.catch_up(NIGHTLY_PRUNE)
    assert await shop.pool.fetchval(FIRES) == 2


async def test_it_fires_by_the_clock_until_it_is_stopped(shop: Shop) -> None:
    every = Schedule(
        "often", IntervalTrigger(seconds=1, timezone=UTC), lambda: NewJob(OPS_PRUNE, Maintenance(), unique_key="often")
    )
    scheduler = Scheduler(shop.queue, [every])
    await scheduler.start()
    await shop.until_true("select count(*) >= 2 from schedule_fires")
    scheduler.stop()
    assert await shop.pool.fetchval(JOBS) == 1


async def test_pruning_removes_what_is_old_and_nothing_else(shop: Shop) -> None:
    await shop.pool.execute(
        "insert into inbox (platform, event_id, received_at) "
        "values ('x', 'old', now() - interval '4 days'), ('x', 'new', now())"
    )
    await shop.pool.execute("insert into schedule_fires values ('a', now(), now() - interval '1 year')")
    worker = await connect(shop.settings.database.url, env="test", application_name="test")
    pruned = await prune(worker, Retention())
    await worker.close()
    assert (pruned.inbox, pruned.schedule_fires) == (1, 0)
    assert await shop.pool.fetchval("select event_id from inbox") == "new"
