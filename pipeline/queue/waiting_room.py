"""Redis, where the ids of ready jobs wait in order and wake the worker. Whatever it loses, the ledger still has."""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from clipnet.redis_guard import guarded_connect
from db.jobs import Waiting
from pipeline.queue import counters
from pipeline.queue.connection import STEADY
from pipeline.queue.keys import Keys, job_id, member, score

ANNOUNCE_TIMEOUT_S = 0.5
REDIS_ERRORS = (RedisError, OSError, TimeoutError)


def open_redis(
    url: str, *, env: str | None = None, connect_timeout_s: float = 1.0, read_timeout_s: float = 5.0
) -> Redis:
    """A client that connects when first used and tries a broken connection once more; close it with `aclose()`.

    With `env`, each connection to another environment's Redis raises `Misconfigured`.
    """
    redis = Redis.from_url(
        url,
        socket_connect_timeout=connect_timeout_s,
        socket_timeout=read_timeout_s,
        retry=Retry(NoBackoff(), 1),
        protocol=2,
        redis_connect_func=guarded_connect(env) if env else None,
    )
    pool = redis.connection_pool
    pool.connection_class = STEADY.get(pool.connection_class, pool.connection_class)
    return redis


async def announce(redis: Redis, keys: Keys, jobs: Sequence[Waiting]) -> bool:
    """Put committed jobs that may run now into their lanes; False, and counted, when Redis is away."""
    due = [job for job in jobs if job.due]
    if not due:
        return True
    try:
        async with asyncio.timeout(ANNOUNCE_TIMEOUT_S):
            await add(redis, keys, due)
    except REDIS_ERRORS:
        counters.ANNOUNCE_FAILED.inc()
        return False
    return True


async def add(redis: Redis, keys: Keys, jobs: Sequence[Waiting]) -> int:
    """`announce` that raises; returns how many were not there before."""
    by_lane: dict[str, dict[str, float]] = {}
    for job in jobs:
        by_lane.setdefault(job.lane, {})[member(job.id)] = score(job.priority, job.turn)
    if len(by_lane) == 1:
        ((lane, members),) = by_lane.items()
        added: Any = await redis.zadd(keys.lane(lane), members)
        return int(added)
    async with redis.pipeline(transaction=False) as pipe:
        for lane, members in by_lane.items():
            pipe.zadd(keys.lane(lane), members)
        return sum(map(int, await pipe.execute()))


async def pop(redis: Redis, keys: Keys, lane: str, *, timeout_s: float) -> int | None:
    """Take the first id of a lane, waiting up to `timeout_s`; None when there is none. What isn't an id is counted."""
    popped: Any = await redis.bzpopmin(keys.lane(lane), timeout=timeout_s)
    if popped is None:
        return None
    found = job_id(popped[1])
    if found is None:
        counters.FORGED.inc()
    return found
