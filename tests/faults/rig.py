"""A whole installation to break: durable servers, worker processes, requests, and the invariants afterwards."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg
from redis.asyncio import Redis

from clipnet import processes
from clipnet.embedded.valkey import ValkeyServer
from clipnet.errors import Unavailable
from db.pool import DATABASE_ERRORS, open_pool
from pipeline.jobs import CLIP_PROCESS, OPS_PRUNE, Maintenance, NewJob, OfRequest
from pipeline.queue.facade import Queue
from pipeline.queue.keys import Keys
from pipeline.queue.waiting_room import open_redis
from tests.conftest import REPOSITORY, Database
from tests.faults.invariants import violations
from tests.faults.world import World

PREFIX = "clipnet:test:"
PATIENCE_S = 60.0
"""How long a test waits for what comes at once on a machine that isn't busy."""

BRIEF = {"lease_timeout_s": 2.0}
"""For a worker that is to lose its lease while it lives. Others keep theirs through any pause of a busy machine."""

QUICK = {
    "heartbeat_s": 0.1,
    "standby_max_s": 30.0,
    "drain_s": 1.0,
    "cancel_grace_s": 0.5,
    "gather_s": 0.05,
}
CONNECTION_ERRORS = (*DATABASE_ERRORS, Unavailable)


@dataclass(slots=True)
class Rig:
    """One installation."""

    database: Database
    valkey: ValkeyServer
    folder: Path
    world: World = field(default_factory=World)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _pool: asyncpg.Pool | None = None
    _redis: Redis | None = None

    async def __aenter__(self) -> Self:
        await self.world.__aenter__()
        self._pool = await open_pool(self.database.url("api"), env="test", max_size=4)
        self._redis = open_redis(self.valkey.url())
        await self._redis.flushall()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
                worker.wait()
        await self.world.__aexit__(kind, error, trace)
        self.pool.terminate()
        await self.redis.aclose()

    @property
    def pool(self) -> asyncpg.Pool:
        """The api role's connections."""
        assert self._pool is not None
        return self._pool

    @property
    def redis(self) -> Redis:
        """The test's own client."""
        assert self._redis is not None
        return self._redis

    @property
    def queue(self) -> Queue:
        """The api's queue."""
        return Queue(self.pool, self.redis, prefix=PREFIX)

    @property
    def keys(self) -> Keys:
        """Names in Redis."""
        return Keys(PREFIX)

    def environ(self, **more: str) -> dict[str, str]:
        """The variables of a process of this installation."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(REPOSITORY),
            "ENV": "test",
            "CLIPNET_ROLE": "worker",
            "CLIPNET_STATE_DIR": str(self.folder / "state"),
            "DATABASE_URL": self.database.url("worker"),
            "REDIS_URL": self.valkey.url(),
            **more,
        }

    def worker(self, *, crash_at: str = "", options: dict[str, Any] | None = None, **orders: Any) -> "Worker":
        """Start a worker process; see `tests.faults.crew` for its orders."""
        orders |= {"world": self.world.url, "options": {**QUICK, **(options or {})}}
        log = self.folder / f"worker-{len(self.workers)}.log"
        with log.open("wb") as output:
            process = processes.start(
                [Path(sys.executable), "-m", "tests.faults.crew"],
                cwd=REPOSITORY,
                env=self.environ(CREW=json.dumps(orders), CLIPNET_CRASH_AT=crash_at),
                output=output,
            )
        self.workers.append(process)
        return Worker(process, log, self)

    @asynccontextmanager
    async def supervised(self, **orders: Any) -> AsyncIterator[None]:
        """Within the block a worker is started whenever none runs, as a platform's supervisor does."""

        async def keep() -> None:
            while True:
                process = self.worker(**orders).process
                while process.poll() is None:  # noqa: ASYNC110 - it is a process of the subprocess module
                    await asyncio.sleep(0.05)
                await asyncio.sleep(0.1)

        keeper = asyncio.create_task(keep())
        try:
            yield
        finally:
            keeper.cancel()

    async def request(self) -> int:
        """Accept one request, as a command does: its row and its first job in one transaction."""
        async with self.queue.transaction() as tx:
            source: int = await tx.conn.fetchval("insert into sources (kind, origin) values ('file', 'x') returning id")
            request: int = await tx.conn.fetchval(_REQUEST, source)
            first = OfRequest(request_id=request)
            await tx.enqueue(
                NewJob(CLIP_PROCESS, first, request_id=request, serial_key=f"request:{request}", requester=str(request))
            )
        return request

    async def chore(self, note: str = "", **fields: Any) -> int:
        """Enqueue one `ops` job that does what `note` says."""
        (job,) = await self.queue.enqueue(NewJob(OPS_PRUNE, Maintenance(note=note), **fields))
        return job

    async def state(self, job: int) -> str:
        """State of one job."""
        return str(await self.value("select state from jobs where id = $1", job))

    async def value(self, sql: str, *args: object) -> Any:
        """One value from the ledger, once it can be reached."""
        while True:
            try:
                return await self.pool.fetchval(sql, *args)
            except (asyncpg.DataError, asyncpg.SyntaxOrAccessError):
                raise
            except CONNECTION_ERRORS:
                await asyncio.sleep(0.05)

    async def until(self, sql: str, *args: object, within_s: float = PATIENCE_S) -> None:
        """Wait until a query says true."""
        deadline = time.monotonic() + within_s
        while not await self.value(sql, *args):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {within_s} s: {sql}\n{await self.report()}")
            await asyncio.sleep(0.02)

    async def until_started(self, name: str, *, within_s: float = PATIENCE_S) -> None:
        """Wait until a handler told the world that it runs."""
        deadline = time.monotonic() + within_s
        while name not in self.world.started:
            assert time.monotonic() < deadline, f"{name} didn't start\n{await self.report()}"
            await asyncio.sleep(0.01)

    async def all_ended(self, *, within_s: float = PATIENCE_S) -> None:
        """Wait until every request and job has ended."""
        await self.until(_ALL_ENDED, within_s=within_s)

    async def broken(self) -> list[str]:
        """Every invariant that doesn't hold."""
        return await violations(self.pool) + [f"done twice outside: {key}" for key in self.world.doubled]

    async def report(self) -> str:
        """What to show when a test fails."""
        rows = await self.pool.fetch("select id, kind, state, attempt, crashes, epoch, note from jobs order by id")
        logs = [log.read_text(errors="replace")[-1500:] for log in sorted(self.folder.glob("worker-*.log"))]
        return "\n".join([*(str(tuple(row)) for row in rows[-40:]), *logs])


@dataclass(slots=True)
class Worker:
    """A worker process."""

    process: subprocess.Popen[bytes]
    log: Path
    rig: Rig

    async def ended(self, *, within_s: float = PATIENCE_S) -> int:
        """Its exit status, negative for the signal that killed it."""
        deadline = time.monotonic() + within_s
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"the worker didn't end\n{await self.rig.report()}"
            await asyncio.sleep(0.02)
        return self.process.returncode

    async def working(self) -> None:
        """Wait until it has the lease."""
        await self.rig.until(
            "select holder like 'clipnet-worker % ' || $1 || ' %' and status ? 'rss_bytes' from worker_lease",
            str(self.pid),
        )

    async def waiting(self) -> None:
        """Wait until it stands in line for the lease."""
        await self.rig.until(
            "select exists (select from pg_locks l join pg_database d on d.oid = l.database "
            "where d.datname = current_database() and l.locktype = 'advisory' and not l.granted)"
        )

    async def says(self, words: str) -> None:
        """Wait until it has logged these words."""
        deadline = time.monotonic() + PATIENCE_S
        while words not in self.log.read_text(errors="replace"):
            assert time.monotonic() < deadline, f"it didn't say {words!r}\n{await self.rig.report()}"
            await asyncio.sleep(0.02)

    @property
    def pid(self) -> int:
        """Its process id: the launcher becomes the worker."""
        return self.process.pid

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)


_REQUEST = """
insert into requests (source_id, place, options, trace_id) values ($1, '{}', '{}', gen_random_uuid()) returning id
"""
_ALL_ENDED = """
select not exists (select from jobs where state in ('ready', 'running'))
  and not exists (select from requests where state in ('queued', 'working'))
"""
