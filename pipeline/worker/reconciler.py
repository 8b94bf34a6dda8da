"""Makes Redis agree with the ledger again, whatever happened to it."""

import asyncio
import contextlib
from itertools import count

import asyncpg
from loguru import logger
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from db import job_work as ledger
from db import lease as lease_ledger
from db import retention
from db.pool import DATABASE_ERRORS
from pipeline.queue import counters
from pipeline.queue.keys import Keys
from pipeline.queue.waiting_room import REDIS_ERRORS, add
from pipeline.worker.lease import Lease
from pipeline.worker.outcomes import Outcomes
from pipeline.worker.source import Source

BATCH = 500
GRACE_S = 0.25
"""What became ready less than this ago is probably still being announced."""

CATCH_UP_EVERY = 5
"""Every so many rounds it is asked which ends lack what follows from them; in the first one too."""

FORGET_EVERY = 60
"""Every so many rounds tokens are thrown away that are dead; in the first one too."""

LANES = ("media", "io")


class Reconciler:
    """Puts ready jobs that Redis lacks back into their lanes; moves those whose time has come; learns of pauses.

    It also makes up for what should have followed from the end of a job and failed at that moment, and throws away
    what may not be kept until the night.
    """

    def __init__(
        self, pool: asyncpg.Pool, redis: Redis, keys: Keys, source: Source, lease: Lease, outcomes: Outcomes
    ) -> None:
        self._pool = pool
        self._redis = redis
        self._keys = keys
        self._source = source
        self._lease = lease
        self._outcomes = outcomes

    async def run(self, every_s: float) -> None:
        """At once, then every `every_s` seconds, and when Redis has come back."""
        grace_s = 0.0
        for number in count():
            try:
                if number % CATCH_UP_EVERY == 0:
                    await self._outcomes.catch_up()
                while await self.tick(grace_s=grace_s) >= BATCH:
                    continue
                grace_s = GRACE_S
                if number % FORGET_EVERY == 0:
                    await retention.forget_tokens(self._pool)
            except REDIS_ERRORS:
                self._source.returned.clear()
            except DATABASE_ERRORS as error:
                logger.warning("Reconciling failed and is tried again", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await self._source.returned.wait()
                    self._source.returned.clear()
                    grace_s = 0.0

    async def tick(self, *, grace_s: float = 0.0) -> int:
        """One round over what has been ready for `grace_s`; returns how many were put back."""
        self._source.paused = await ledger.paused_lanes(self._pool)
        if self._lease.epoch:
            await lease_ledger.recover_older(self._pool, self._lease.epoch)
        emptied = bool(await self._redis.set(self._keys.marker, self._lease.worker, nx=True))
        found = await ledger.claimable(
            self._pool, LANES, limit=BATCH, grace_s=0.0 if emptied else grace_s, without=self._source.busy
        )
        try:
            lost = await add(self._redis, self._keys, [job.waiting for job in found if job.fresh])
            due = await add(self._redis, self._keys, [job.waiting for job in found if not job.fresh])
        except ResponseError:
            # Somebody put another type of value under our key; nothing of ours is lost with it.
            await self._redis.delete(*map(self._keys.lane, LANES))
            raise
        counters.REPAIRED.inc(lost)
        counters.DUE.inc(due)
        return lost + due
