"""A queue, and a worker in this process whose handlers a test writes."""

import asyncio
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import asyncpg
from redis.asyncio import Redis

from clipnet.settings import Settings
from db import job_events, jobs
from db.job_events import Transition
from db.jobs import Job
from db.pool import open_pool
from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import open_redis
from pipeline.worker.handler import Handlers, OnEnd, OnStart
from pipeline.worker.lease import Lease
from pipeline.worker.loop import Worker
from pipeline.worker.options import WorkerOptions

PATIENCE_S = 60.0
"""How long a test waits for what comes at once on a machine that isn't busy."""

QUICK: dict[str, Any] = {"heartbeat_s": 0.05, "cancel_grace_s": 0.5, "drain_s": 1.0, "reconcile_every_s": 0.1}


class Shop:
    """The api's side as `queue` and `pool`; `open` starts a worker, the end of the block drains it."""

    pool: asyncpg.Pool
    redis: Redis
    queue: Queue

    def __init__(self, settings: Settings, api_url: str) -> None:
        self.settings = settings
        self.lost: list[str] = []
        self._api_url = api_url
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._closing: list[asyncpg.Pool] = []
        self._lease: Lease | None = None

    async def __aenter__(self) -> Self:
        self.pool = await open_pool(self._api_url, env="test", max_size=4)
        self.redis = open_redis(self.settings.redis.url)
        self.queue = Queue(self.pool, self.redis, prefix=self.settings.redis.prefix)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        self.pool.terminate()
        await self.redis.aclose()

    async def open(
        self, handlers: Handlers, *, on_start: OnStart | None = None, on_end: OnEnd | None = None, **options: Any
    ) -> Worker:
        """Start the worker."""
        made = replace(WorkerOptions.of(self.settings), **{**QUICK, **options})
        url, name = self.settings.database.url, "clipnet-worker test"
        self._lease = Lease(
            url, env="test", worker=name, version="1", config_hash="", timeout_s=made.lease_timeout_s,
            on_lost=self.lost.append,
        )  # fmt: skip
        assert await self._lease.acquire(standby_s=1)
        await self._lease.take_over()
        pool = await open_pool(url, env="test", application_name=name, max_size=6)
        claims = await open_pool(url, env="test", application_name=name, max_size=1, durable=False)
        self._closing = [pool, claims]
        worker = Worker(
            pool=pool, claims=claims, redis=self.redis, prefix=self.settings.redis.prefix, lease=self._lease,
            handlers=handlers, options=made, on_start=on_start, on_end=on_end,
        )  # fmt: skip
        self._stop = asyncio.Event()
        self._running = asyncio.create_task(worker.run(self._stop))
        return worker

    async def close(self) -> None:
        """Drain the worker."""
        if self._running:
            self._stop.set()
            await self._running
            self._running = None
        if self._lease:
            await self._lease.release()
        for pool in self._closing:
            pool.terminate()

    async def chore(self, note: str = "", **fields: Any) -> int:
        """Enqueue one `ops:prune`."""
        (job,) = await self.queue.enqueue(NewJob(OPS_PRUNE, Maintenance(note=note), **fields))
        return job

    async def job(self, job_id: int) -> Job:
        """A job as it is now."""
        job = await jobs.get(self.pool, job_id)
        assert job is not None
        return job

    async def until(self, job_id: int, *states: str, within_s: float = PATIENCE_S) -> Job:
        """Wait until a job is in one of the states."""
        async with asyncio.timeout(within_s):
            while True:
                job = await self.job(job_id)
                if job.state in states:
                    return job
                await asyncio.sleep(0.01)

    async def until_true(self, sql: str, *args: object, within_s: float = PATIENCE_S) -> None:
        """Wait until a query says true."""
        async with asyncio.timeout(within_s):
            while not await self.pool.fetchval(sql, *args):  # noqa: ASYNC110 - the ledger has no event
                await asyncio.sleep(0.01)

    async def history(self, job_id: int) -> list[Transition]:
        """What happened to a job."""
        return await job_events.history(self.pool, job_id)
