"""The clock that tests move."""

import asyncio
from datetime import UTC, datetime, timedelta

from clipnet.clock import ManualClock, SystemClock


async def test_sleepers_wake_when_their_time_has_come_and_not_before() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    early, late = asyncio.create_task(clock.sleep(5)), asyncio.create_task(clock.sleep(10))
    await asyncio.sleep(0)
    clock.advance(5)
    await early
    assert not late.done()
    clock.advance(5)
    await late
    assert clock.now() == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=10)


async def test_the_machines_clock_runs() -> None:
    clock = SystemClock()
    before = clock.monotonic_s()
    await clock.sleep(0.001)
    assert clock.monotonic_s() > before
    assert clock.now().tzinfo is UTC
