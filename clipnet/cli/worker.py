"""The worker's composition: which handler runs which kind of job, and what runs beside them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from bot import senders
from bot.adapters.speakers import speaking
from bot.senders import Desk
from bot.speaker import Speakers
from clipnet.isolation import config_hash
from clipnet.settings import Settings
from db.pool import open_pool
from pipeline import stages
from pipeline.highlights.recap import rank
from pipeline.live.supervise import recording
from pipeline.queue import making
from pipeline.queue.waiting_room import open_redis
from pipeline.stages import StageTools
from pipeline.worker import maintenance
from pipeline.worker.handler import Handlers
from pipeline.worker.main import run_worker

SPEAKERS_POOL = 3


def handlers(tools: StageTools, speakers: Speakers | None = None) -> Handlers:
    """Every handler that a worker runs, by kind of job; `speakers` by platform reach what is more than a row."""
    desk = Desk(speakers or {}, tools.storage, tools.settings.web.base_url)
    return {**stages.handlers(tools), **senders.handlers(desk, rank), **maintenance.handlers(tools.storage)}


async def main(settings: Settings) -> int:
    """The worker process; its result is the exit status."""
    async with stages.open_tools(settings) as tools, _speakers(settings) as speakers:
        return await run_worker(
            settings,
            handlers(tools, speakers),
            on_start=making.on_start,
            on_end=making.on_end,
            config_hash=config_hash(settings),
            beside=partial(recording, settings),
        )


@asynccontextmanager
async def _speakers(settings: Settings) -> AsyncIterator[Speakers]:
    """Speakers with a small pool of their own: what is said waits for no step that works on the ledger."""
    pool = await open_pool(
        settings.database.url, env=settings.env, application_name="clipnet-speakers", max_size=SPEAKERS_POOL
    )
    redis = open_redis(settings.redis.url, env=settings.env)
    try:
        async with speaking(settings, pool, redis) as speakers:
            yield speakers
    finally:
        await redis.aclose()
        await pool.close()
