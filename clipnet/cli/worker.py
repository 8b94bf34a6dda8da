"""The worker's composition: which handler runs which kind of job, and what runs beside them."""

from functools import partial

from bot import senders
from bot.senders import Desk
from bot.speaker import Speakers
from clipnet.isolation import config_hash
from clipnet.settings import Settings
from pipeline import stages
from pipeline.live.supervise import recording
from pipeline.queue import making
from pipeline.stages import StageTools
from pipeline.stages.recap import rank
from pipeline.worker import maintenance
from pipeline.worker.handler import Handlers
from pipeline.worker.main import run_worker


def handlers(tools: StageTools, speakers: Speakers | None = None) -> Handlers:
    """Every handler that a worker runs, by kind of job; `speakers` by platform reach what is more than a row."""
    desk = Desk(speakers or {}, tools.storage, tools.settings.web.base_url)
    return {**stages.handlers(tools), **senders.handlers(desk, rank), **maintenance.handlers(tools.storage)}


async def main(settings: Settings) -> int:
    """The worker process; its result is the exit status."""
    async with stages.open_tools(settings) as tools:
        return await run_worker(
            settings,
            handlers(tools),
            on_start=making.on_start,
            on_end=making.on_end,
            config_hash=config_hash(settings),
            beside=partial(recording, settings),
        )
