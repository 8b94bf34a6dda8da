"""Durable servers, a migrated ledger and worker processes for the benches of the queue."""

import asyncio
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from bench.context import CHECKOUT
from clipnet import processes
from clipnet.embedded.postgres import PostgresServer
from clipnet.embedded.roles import ROLES, account, create_database, provision
from clipnet.embedded.valkey import ValkeyServer
from db.migrate import migrate
from db.pool import open_pool
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import open_redis

DATABASE = "clipnet_bench"


@dataclass(slots=True)
class Ground:
    """One installation; fsync and synchronous_commit are on."""

    postgres: PostgresServer
    valkey: ValkeyServer
    passwords: dict[str, str]
    folder: Path
    pool: asyncpg.Pool
    queue: Queue
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def url(self, role: str) -> str:
        """The ledger as one role."""
        return self.postgres.url(account(role), self.passwords[role], DATABASE)

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker process whose only handler does nothing."""
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(CHECKOUT),
            "ENV": "test",
            "CLIPNET_ROLE": "worker",
            "CLIPNET_STATE_DIR": str(self.folder / "state"),
            "DATABASE_URL": self.url("worker"),
            "REDIS_URL": self.valkey.url(),
        }
        process = processes.start(
            [Path(sys.executable), "-m", "bench.queue_worker"],
            cwd=CHECKOUT,
            env=environ,
            output=(self.folder / f"worker-{len(self.workers)}.log").open("wb"),
        )
        self.workers.append(process)
        return process

    async def until(self, sql: str, *args: object, within_s: float = 120.0) -> None:
        """Wait until a query says true. Raises TimeoutError."""
        deadline = time.monotonic() + within_s
        while not await self.pool.fetchval(sql, *args):
            if time.monotonic() > deadline:
                raise TimeoutError(sql)
            await asyncio.sleep(0.01)

    async def working(self) -> None:
        """Wait until a worker has the lease and beats."""
        await self.until("select status ? 'rss_bytes' from worker_lease")

    def stop_workers(self) -> None:
        """Drain every worker."""
        for worker in self.workers:
            processes.stop(worker)
        self.workers.clear()


@asynccontextmanager
async def ground(folder: Path) -> AsyncIterator[Ground]:
    """An installation in `folder`, gone afterwards."""
    passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
    postgres = PostgresServer(folder / "postgres", password=secrets.token_urlsafe(12))
    valkey = ValkeyServer(folder / "valkey", password=secrets.token_urlsafe(12))
    postgres.start()
    valkey.start()
    await provision(postgres.url(), passwords)
    superuser = await asyncpg.connect(postgres.url())
    await create_database(superuser, DATABASE)
    await superuser.close()
    await migrate(postgres.url(account("owner"), passwords["owner"], DATABASE), "test")
    pool = await open_pool(postgres.url(account("api"), passwords["api"], DATABASE), env="test", max_size=4)
    redis = open_redis(valkey.url())
    made = Ground(postgres, valkey, passwords, folder, pool, Queue(pool, redis, prefix="clipnet:test:"))
    try:
        yield made
    finally:
        made.stop_workers()
        pool.terminate()
        await redis.aclose()
        valkey.stop()
        postgres.stop()
