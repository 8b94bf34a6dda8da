"""Time, handed in, so that tests can move it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What code that waits or compares times is given."""

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds from some start, never going back."""
        ...

    async def sleep(self, delay_s: float) -> None:
        """Wait this long."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        return time.monotonic()

    async def sleep(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)


class ManualClock:
    """A clock that only moves when told to; `advance` wakes the sleepers whose time has come."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._passed_s = 0.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed_s)

    def monotonic_s(self) -> float:
        return self._passed_s

    async def sleep(self, delay_s: float) -> None:
        woken = asyncio.Event()
        self._sleepers.append((self._passed_s + delay_s, woken))
        await woken.wait()

    def advance(self, by_s: float) -> None:
        """Let `by_s` seconds pass at once."""
        self._passed_s += by_s
        due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._passed_s]
        self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._passed_s]
        for _, woken in due:
            woken.set()
