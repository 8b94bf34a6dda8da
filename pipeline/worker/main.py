"""The worker process, from its settings to its exit status."""

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import asyncpg
from loguru import logger
from redis.asyncio import Redis

from clipnet.settings import Settings
from db.pool import open_pool
from pipeline.queue.waiting_room import REDIS_ERRORS, open_redis
from pipeline.worker import health
from pipeline.worker.effects import Effects
from pipeline.worker.handler import Handlers, OnEnd, OnStart
from pipeline.worker.lease import EX_TEMPFAIL, Lease, exit_at_once
from pipeline.worker.loop import Worker
from pipeline.worker.options import WorkerOptions

POOL_SIZE = 8
READ_TIMEOUT_S = 5.0


async def run_worker(
    settings: Settings,
    handlers: Handlers,
    *,
    on_start: OnStart | None = None,
    on_end: OnEnd | None = None,
    options: WorkerOptions | None = None,
    config_hash: str = "",
    beside: Callable[[], AbstractAsyncContextManager[None]] = nullcontext,
    effects: Effects | None = None,
    lease_type: type[Lease] = Lease,
    on_lost: Callable[[str], None] = exit_at_once,
) -> int:
    """Work, or wait as a standby, until SIGTERM or SIGINT; returns the process's exit status.

    0 after a drain; 75 when another worker kept the lease for `standby_max_s`. A lost lease ends the process at once
    with 75. `config_hash` tells operators whether API and worker run with the same settings; `beside`
    is entered once the lease is held and left after the drain; `effects`, `lease_type`
    and `on_lost` are replaced by tests only.

    Raises:
        Misconfigured: the database belongs to another environment.
        Unavailable: the database can't be reached.
    """
    options = options or WorkerOptions.of(settings)
    lease = lease_type(
        settings.database.url,
        env=settings.env,
        worker=worker_name(),
        version=settings.version,
        config_hash=config_hash,
        timeout_s=options.lease_timeout_s,
        on_lost=on_lost,
    )
    stop = _stop_on_signals()
    url, name = settings.database.url, lease.worker
    pool = await open_pool(url, env=settings.env, application_name=name, min_size=2, max_size=POOL_SIZE)
    claims = await open_pool(url, env=settings.env, application_name=name, max_size=1, durable=False)
    redis = open_redis(settings.redis.url, env=settings.env, read_timeout_s=READ_TIMEOUT_S)
    await _check_redis(redis)
    worker = Worker(
        pool=pool, claims=claims, redis=redis, prefix=settings.redis.prefix, lease=lease, handlers=handlers,
        options=options, on_start=on_start, on_end=on_end, effects=effects,
    )  # fmt: skip
    listener = await health.serve(lease, worker.status, port=settings.worker.health_port)
    logger.info("Worker up", worker=lease.worker, health=str(listener.addresses))
    try:
        return await _lead(lease, worker, stop, options, beside)
    finally:
        await listener.cleanup()
        await _close(lease, redis, claims, pool)


async def _check_redis(redis: Redis) -> None:
    """Refuse another environment's Redis; one that is away is no reason not to work."""
    try:
        await redis.ping()
    except REDIS_ERRORS as error:
        logger.warning("Redis is away at the start", error=type(error).__name__)


async def _lead(
    lease: Lease,
    worker: Worker,
    stop: asyncio.Event,
    options: WorkerOptions,
    beside: Callable[[], AbstractAsyncContextManager[None]],
) -> int:
    acquiring = asyncio.create_task(lease.acquire(standby_s=options.standby_max_s))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((acquiring, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if stop.is_set():
        acquiring.cancel()
        return 0
    if not acquiring.result():
        logger.warning("Another worker kept the lease; this one ends", waited_s=options.standby_max_s)
        return EX_TEMPFAIL
    await lease.take_over()
    async with beside():
        await worker.run(stop)
    return 0


async def _close(lease: Lease, redis: Redis, *pools: asyncpg.Pool) -> None:
    await lease.release()
    await redis.aclose()
    for pool in pools:
        # Its lines hold connections; nothing is left to wait for.
        pool.terminate()


def worker_name() -> str:
    """Unique for this process: host, process id, and a few random digits."""
    return f"clipnet-worker {socket.gethostname()[:20]} {os.getpid()} {secrets.token_hex(3)}"


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def run(main: Callable[[], Any]) -> int:
    """`asyncio.run` on the fastest loop there is."""
    try:
        import uvloop
    except ImportError:
        return int(asyncio.run(main()))
    return int(uvloop.run(main()))
