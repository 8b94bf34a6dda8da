"""Where the next ids come from: Redis, or the ledger itself while Redis is away."""

import asyncio
from collections.abc import Collection
from typing import Any

import asyncpg
from loguru import logger
from redis.asyncio import Redis

from clipnet.crashpoints import crash_point
from db import job_work as ledger
from pipeline.queue import counters
from pipeline.queue.keys import Keys, job_id
from pipeline.queue.waiting_room import REDIS_ERRORS

BLOCK_S = 1.0

_popped = crash_point("claim.after-pop-before-claim")


class Source:
    """Ids of jobs to claim. `busy` are those that this worker has in hand; `paused` lanes are left alone."""

    def __init__(self, pool: asyncpg.Pool, redis: Redis, keys: Keys, *, poll_s: float) -> None:
        self.busy: set[int] = set()
        self.paused: set[str] = set()
        self.returned = asyncio.Event()
        self._pool = pool
        self._redis = redis
        self._keys = keys
        self._poll_s = poll_s
        self._away = False
        self._flowing: set[str] = set()

    async def next(self, lanes: Collection[str], most: int) -> list[int]:
        """Up to `most` ids, in order; empty after a while without any."""
        open_lanes = [lane for lane in lanes if lane not in self.paused]
        if not open_lanes:
            await asyncio.sleep(BLOCK_S)
            return []
        try:
            ids = await self._pop(open_lanes, most)
        except REDIS_ERRORS as error:
            return await self._direct(open_lanes, most, error)
        if self._away:
            self._away = False
            self.returned.set()
            logger.info("Redis is back")
        if ids:
            _popped()
        return ids

    async def _pop(self, lanes: list[str], most: int) -> list[int]:
        for lane in lanes:
            if lane in self._flowing:
                found: Any = await self._redis.zpopmin(self._keys.lane(lane), most)
                if found:
                    return self._ids([member for member, _ in found])
                self._flowing.discard(lane)
        popped: Any = await self._redis.bzpopmin([self._keys.lane(lane) for lane in lanes], timeout=BLOCK_S)
        if popped is None:
            return []
        # After one that was there, there may be more: take them by the handful.
        if most > 1:
            self._flowing.add(popped[0].decode().rsplit(":", 1)[-1])
        return self._ids([popped[1]])

    async def _direct(self, lanes: list[str], most: int, error: Exception) -> list[int]:
        if not self._away:
            self._away = True
            logger.warning("Redis is away; the ledger is asked directly", error=type(error).__name__)
        found = await ledger.claimable(self._pool, lanes, limit=most, without=self.busy)
        if not found:
            await asyncio.sleep(self._poll_s)
        return [job.waiting.id for job in found]

    def _ids(self, members: list[bytes]) -> list[int]:
        ids = [found for found in map(job_id, members) if found is not None]
        counters.FORGED.inc(len(members) - len(ids))
        return ids
