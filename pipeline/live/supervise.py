"""The worker's side of recording: keeps the recorder running, tells it what is wanted, writes down what it holds.

The recorder itself is told addresses and nothing else: no database, no secret, no folder but its own.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncpg import Pool
from loguru import logger

from clipnet.errors import ClipNetError
from clipnet.settings import Settings
from clipnet.texts import text
from db import streams
from db.pool import DATABASE_ERRORS, open_pool
from db.streams import Wanted
from pipeline.ingest.ytdlp import SYSTEM_READ
from pipeline.live.peaks import EVERY_S, keep_peaks
from pipeline.live.recorder import Orders, Plan
from pipeline.live.ring import Kept
from pipeline.media.command import Command, python_command
from pipeline.media.runner import Running, started
from pipeline.media.tools import Limits, Tools

CHILD = Path(__file__).with_name("recorder_child.py")
ROOMS = [Path(__file__).parents[2] / room for room in ("clipnet", "pipeline")]
LIMITS = Limits(cpu_s=10**9, file_bytes=1 << 30, nice=0)
POLL_S = 2.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0


def ring_root(settings: Settings) -> Path:
    """The folder below which each recorded stream has one, named by its id."""
    return settings.state_dir / "live"


@asynccontextmanager
async def recording(settings: Settings, *, poll_s: float = POLL_S) -> AsyncIterator[None]:
    """Records what is live for this block. What fails in it is logged and tried again, and never reaches the block."""
    if settings.live.max_streams == 0:
        yield
        return
    keeping = asyncio.create_task(_keep(settings, poll_s))
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _keep(settings: Settings, poll_s: float) -> None:
    pause_s = FIRST_PAUSE_S
    while True:
        began = asyncio.get_running_loop().time()
        try:
            pool = await open_pool(
                settings.database.url, env=settings.env, application_name="clipnet-recorder", max_size=1
            )
            try:
                await _Supervisor(settings, pool, poll_s).run()
            finally:
                pool.terminate()
        except (ClipNetError, *DATABASE_ERRORS) as error:
            logger.warning("Recording was interrupted", why=str(error), error_type=type(error).__name__)
        if asyncio.get_running_loop().time() - began > LONGEST_PAUSE_S:
            pause_s = FIRST_PAUSE_S
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


class _Supervisor:
    def __init__(self, settings: Settings, pool: Pool, poll_s: float) -> None:
        self.settings, self.pool, self.poll_s = settings, pool, poll_s
        self._heard: dict[int, dict[str, Any]] = {}

    async def run(self) -> None:
        """One life of the recorder; it is started once there is something to record, or something left to remove."""
        root = ring_root(self.settings)
        while not (await streams.wanted(self.pool)).streams and not _left_over(root):  # noqa: ASYNC110 - it is polled
            await asyncio.sleep(self.poll_s)
        await asyncio.to_thread(root.mkdir, parents=True, exist_ok=True)
        async with started(self._command(root), LIMITS, feed=True, network=True, total_s=None) as recorder:
            logger.info("Recorder up", process=recorder.process.pid)
            work = (self._tell(recorder), self._hear(recorder), self._keep_peaks())
            chores = [asyncio.create_task(chore) for chore in work]
            try:
                await asyncio.wait(chores, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for chore in chores:
                    chore.cancel()
                await asyncio.gather(*chores, return_exceptions=True)
        logger.warning("The recorder ended", status=recorder.process.returncode, words=recorder.words)

    def _command(self, root: Path) -> Command:
        live = self.settings.live
        plan = Plan(str(root), live.minutes * 60, live.max_bytes, self.settings.media.net_allow)
        tools = Tools(self.settings.media.ffmpeg, root)
        return python_command(tools, CHILD, [plan.to_json()], reads=[*ROOMS, *map(Path, SYSTEM_READ)], scratch=root)

    async def _tell(self, recorder: Running) -> None:
        """Hands on what is wanted, and writes down what was heard; without the ledger the last orders go on."""
        assert recorder.stdin is not None
        told: Orders | None = None
        while True:
            try:
                wanted = await streams.wanted(self.pool)
                most = self.settings.live.max_streams
                orders = _orders(replace(wanted, streams=wanted.streams[:most]))
                if orders != told:
                    recorder.stdin.write(orders.to_line())
                    await recorder.stdin.drain()
                    told = orders
                for stream, _ in wanted.streams[most:]:
                    self._heard[stream] = {
                        "trouble": str(text("No more than {n} streams are recorded at once.", n=most))
                    }
                heard, self._heard = self._heard, {}
                if heard:
                    await streams.recorded(self.pool, heard)
            except DATABASE_ERRORS as error:
                if recorder.process.returncode is not None:
                    return
                logger.warning("The ledger is away from the recorder", error_type=type(error).__name__)
            await asyncio.sleep(self.poll_s)

    async def _keep_peaks(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await keep_peaks(self.pool, self.settings.live, datetime.now(UTC))
            except DATABASE_ERRORS as error:
                logger.warning("Peaks of chats can't be kept now", error_type=type(error).__name__)

    async def _hear(self, recorder: Running) -> None:
        async for line in recorder.stdout:
            said = json.loads(line)
            self._heard[said.pop("stream")] = said
        await recorder.process.wait()


def _orders(wanted: Wanted) -> Orders:
    keep: dict[int, tuple[Kept, ...]] = {}
    for stream, from_at, to_at in wanted.kept:
        keep[stream] = (*keep.get(stream, ()), Kept(from_at, to_at))
    return Orders(dict(wanted.streams), keep)


def _left_over(root: Path) -> bool:
    return root.is_dir() and any(path.name.isdigit() for path in root.iterdir())
