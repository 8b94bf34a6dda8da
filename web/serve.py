"""The api role: the app on its port, until SIGTERM."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from loguru import logger
from redis.asyncio import Redis

from bot.adapters.supervisor import Supervisor
from bot.adapters.table import PLATFORMS, join
from bot.commands import COMMANDS
from bot.context import Services
from bot.deliveries import Intake
from bot.registry import Registry
from bot.router import Router
from clipnet.isolation import check_redis
from clipnet.settings import GUARDED, Settings
from db import users
from db.pool import open_pool
from ops_commands import COMMANDS as OPERATORS
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import REDIS_ERRORS, open_redis
from pipeline.schedule import Scheduler
from web.app import KEEPALIVE_S, SHUTDOWN_S, create_app
from web.routes.commands import ACTOR


@asynccontextmanager
async def open_services(settings: Settings) -> AsyncIterator[Services]:
    """Pool and Redis of an api process. Raises `Unavailable` or `Misconfigured`."""
    pool = await open_pool(
        settings.database.url, env=settings.env, application_name="clipnet-api", max_size=settings.database.pool_size
    )
    redis = open_redis(settings.redis.url, env=settings.env)
    await _check_redis(redis, settings.env)
    try:
        yield Services(settings, Queue(pool, redis, prefix=settings.redis.prefix))
    finally:
        await redis.aclose()
        await pool.close()


async def _check_redis(redis: Redis, env: str) -> None:
    """Refuse another environment's Redis; one that is away is no reason not to take requests."""
    try:
        await check_redis(redis, env)
    except REDIS_ERRORS as error:
        logger.warning("Redis is away at the start", error=type(error).__name__)


def make_router(services: Services) -> Router:
    """The router with every command."""
    return Router(services, Registry((*COMMANDS, *OPERATORS)))


@asynccontextmanager
async def serving(settings: Settings, platforms: Mapping[str, str] = PLATFORMS) -> AsyncIterator[str]:
    """The API on its port, and the platforms' adapters and hooks, for this block; gives its address."""
    async with open_services(settings) as services:
        scheduler = Scheduler(services.queue)
        await scheduler.start()
        if settings.env not in GUARDED or settings.self_hosted:
            await _trust_the_token(services)
        try:
            async with _listening(make_router(services), platforms) as address:
                yield address
        finally:
            scheduler.stop()


@asynccontextmanager
async def _listening(router: Router, platforms: Mapping[str, str]) -> AsyncIterator[str]:
    settings = router.services.settings
    joined = join(router, settings.adapters.names, platforms)
    intake = Intake(router.services, {name: each.hook for name, each in joined.items() if each.hook})
    supervisor = Supervisor({name: each.adapter for name, each in joined.items() if each.adapter})
    runner = web.AppRunner(
        create_app(router, intake=intake),
        keepalive_timeout=KEEPALIVE_S,
        shutdown_timeout=SHUTDOWN_S,
        access_log=None,
    )
    await runner.setup()
    try:
        async with supervisor.running(), intake.running():
            await web.TCPSite(runner, settings.web.host, settings.web.port).start()
            host, port = runner.addresses[0][:2]
            yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


async def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with serving(settings) as address:
        logger.info("the api serves", address=address)
        await ended.wait()
    return 0


main = serve


async def _trust_the_token(services: Services) -> None:
    """On one's own machine whoever holds the printed token is its operator."""
    async with services.queue.pool.acquire() as conn, conn.transaction():
        user = await users.of_identity(conn, ACTOR.platform, ACTOR.platform_user_id, ACTOR.name)
        await users.grant(conn, user.id, "operator")
