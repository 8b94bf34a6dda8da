"""The worker's sign of life: one statement that writes all progress and brings back who was cancelled."""

import asyncio
import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
from loguru import logger
from redis.asyncio import Redis

from db import job_work as ledger
from db.job_work import Pulse
from db.pool import DATABASE_ERRORS
from pipeline.queue.keys import Keys
from pipeline.queue.waiting_room import REDIS_ERRORS
from pipeline.worker.flight import Flight
from pipeline.worker.lease import Lease
from pipeline.worker.source import Source

BELL_RETRY_S = 1.0


class Heart:
    """Beats every `every_s` seconds, and at once when the bell rings."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        lease: Lease,
        source: Source,
        flights: dict[int, Flight],
        status: Callable[[], dict[str, Any]],
    ) -> None:
        self._pool = pool
        self._lease = lease
        self._source = source
        self._flights = flights
        self._status = status
        self._kick = asyncio.Event()

    async def run(self, every_s: float) -> None:
        """Beat until cancelled. A beat that fails is left out; whether this worker goes on is the lease's to say."""
        while True:
            try:
                await self.beat()
            except DATABASE_ERRORS as error:
                logger.warning("A heartbeat failed", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await self._kick.wait()
            self._kick.clear()

    async def listen(self, redis: Redis, keys: Keys) -> None:
        """Let the bell bring the next beat forward. What it says is not trusted; the ledger is asked."""
        while True:
            try:
                async with redis.pubsub(ignore_subscribe_messages=True) as bell:
                    await bell.subscribe(keys.bell)
                    async for _ in bell.listen():
                        self._kick.set()
            except REDIS_ERRORS:
                await asyncio.sleep(BELL_RETRY_S)

    async def beat(self) -> None:
        """One beat."""
        epoch = self._lease.epoch
        progress = {run.job.id: run.ctx.news for flight in set(self._flights.values()) for run in flight.runs}
        pulses = await ledger.heartbeat(self._pool, epoch=epoch, status=self._status(), progress=progress)
        alive = {pulse.id: pulse for pulse in pulses}
        for flight in set(self._flights.values()):
            self._attend(flight, alive)
        astray = [p for p in pulses if p.id not in self._flights and p.id not in self._source.busy]
        if astray:
            await ledger.give_back(self._pool, astray, epoch=epoch, note="claimed, but the answer was lost")

    def _attend(self, flight: Flight, alive: dict[int, Pulse]) -> None:
        for run in flight.runs:
            pulse = alive.get(run.job.id)
            ours = pulse is not None and pulse.attempt == run.job.attempt
            # A single miss is a job that started or ended while the statement ran.
            run.missed = 0 if ours else run.missed + 1
            if run.missed > 1:
                flight.stop("fenced")
            if ours and pulse is not None and pulse.cancel_requested:
                flight.cancel(run.job.id)


def machine_status(scratch: Path) -> dict[str, Any]:
    """Memory of this process and room on its disk, in bytes."""
    with Path("/proc/self/statm").open(encoding="ascii") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    folder = next(path for path in (scratch, *scratch.parents) if path.exists())
    return {"rss_bytes": resident, "disk_free_bytes": shutil.disk_usage(folder).free}
