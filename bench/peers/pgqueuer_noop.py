"""pgqueuer at batch size 1: drains N no-op jobs and prints jobs per second. Runs in the peers' own environment."""

import logging
import sys
import time
from datetime import timedelta

import asyncpg
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode


async def main(url: str, count: int) -> None:
    """Install, fill, drain."""
    connection = await asyncpg.connect(url)
    queries = Queries(AsyncpgDriver(connection))
    await queries.install()
    await queries.enqueue(["noop"] * count, [None] * count, [0] * count)
    await connection.execute("analyze")
    times = []
    worker = PgQueuer(AsyncpgDriver(await asyncpg.connect(url)))

    @worker.entrypoint("noop")  # type: ignore[untyped-decorator]
    async def noop(_: Job) -> None:
        times.append(time.perf_counter())

    await worker.run(batch_size=1, mode=QueueExecutionMode.drain, dequeue_timeout=timedelta(seconds=1))
    left = await connection.fetchval("select count(*) from pgqueuer")
    assert len(times) == count, f"{len(times)} of {count} ran"
    assert left == 0, f"{left} are left"
    print(count / (times[-1] - times[0]))
    await queries.uninstall()


logging.disable(logging.CRITICAL)
uvloop.run(main(sys.argv[1], int(sys.argv[2])))
