"""saq, which keeps jobs in Redis alone: drains N no-op jobs and prints jobs per second."""

import asyncio
import logging
import os
import sys
import time
from typing import Any

import uvloop
from saq import Queue, Worker


async def main(url: str, count: int) -> None:
    """Fill, drain."""
    queue = Queue.from_url(url, name="noop")
    await queue.connect()
    times = []
    done = asyncio.Event()

    async def noop(_: dict[str, Any]) -> None:
        times.append(time.perf_counter())
        if len(times) >= count:
            done.set()

    for _ in range(count):
        await queue.enqueue("noop")
    worker = Worker(queue, functions=[("noop", noop)], concurrency=4, shutdown_grace_period_s=1)
    running = asyncio.create_task(worker.start())
    await done.wait()
    print(count / (times[count - 1] - times[0]), flush=True)
    # Its worker waits for signals that never come here.
    assert not running.done()
    os._exit(0)


logging.disable(logging.CRITICAL)
uvloop.run(main(sys.argv[1], int(sys.argv[2])))
