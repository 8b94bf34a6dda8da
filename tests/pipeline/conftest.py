"""The real stages under the real worker, with the ledger and the waiting room of the session."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import psutil
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from clipnet.errors import ClipNetError
from clipnet.settings import Settings
from db import requests, users
from db.pool import open_pool
from pipeline.inference.protocol import Inference, Progress, Speech
from pipeline.jobs import CLIP_PROCESS, CLIPBOT_NOTIFY, NewJob, Notify, OfRequest
from pipeline.model import Transcript
from pipeline.options import ClipOptions
from pipeline.queue import making
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import open_redis
from pipeline.stages import StageTools, handlers, open_tools
from pipeline.worker import maintenance
from pipeline.worker.handler import Done, JobContext
from pipeline.worker.main import run_worker

_TO_BE_TOLD = """
select from jobs where kind = 'clipbot:notify' and request_id = $1 and state in ('ready', 'running')
"""


@dataclass
class Overheard:
    """The real recogniser, and what it was asked in each call."""

    real: Inference
    calls: list[list[Speech]] = field(default_factory=list)

    async def warm(self) -> None:
        await self.real.warm()

    async def close(self) -> None:
        await self.real.close()

    async def whisper(
        self, items: Sequence[Speech], *, on_progress: Progress | None = None
    ) -> list[Transcript | ClipNetError]:
        self.calls.append(list(items))
        return await self.real.whisper(items, on_progress=on_progress)


@dataclass
class Stage:
    """What a test asks with, and what it sees."""

    settings: Settings
    pool: asyncpg.Pool
    redis: Redis
    tools: StageTools
    queue: Queue
    recogniser: Overheard
    told: list[Notify] = field(default_factory=list)

    async def ask(self, origin: Path | str, **wishes: Any) -> int:
        """Make a request, wait for its end, and return its id."""
        request_id = await self.begin(origin, **wishes)
        async with asyncio.timeout(100):
            async for _ in self.queue.follow(request_id):
                pass
        return request_id

    async def begin(self, origin: Path | str, **wishes: Any) -> int:
        """Make a request as the router does, and return its id."""
        trace_id = uuid4()
        async with self.queue.transaction(trace_id=trace_id) as tx:
            user = await users.of_identity(tx.conn, "console", "local", "Tester")
            request_id, _ = await requests.create(
                tx.conn,
                user_id=user.id,
                community_id=None,
                kind="url" if "://" in str(origin) else "file",
                origin=str(origin),
                place={"platform": "console"},
                options=ClipOptions(**wishes).stored(),
                trace_id=trace_id,
            )
            key = f"request:{request_id}"
            await tx.enqueue(
                NewJob(CLIP_PROCESS, OfRequest(request_id=request_id), request_id=request_id, serial_key=key)
            )
        return request_id

    async def heard(self, request_id: int) -> list[str]:
        """What was told of a request, once nothing is left to be told: that comes after its end."""
        async with asyncio.timeout(60):
            while await self.rows(_TO_BE_TOLD, request_id):  # noqa: ASYNC110 - nobody tells of these jobs
                await asyncio.sleep(0.01)
        return [told.about for told in self.told if told.request_id == request_id]

    def looking(self) -> list[str]:
        """The command lines of tools that have a file of the store before them now."""
        running = []
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # the servers' own children come and go
                running.append(" ".join(child.cmdline()))
        return [line for line in running if str(self.settings.storage.root) in line]

    async def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """What the ledger holds."""
        return [dict(row) for row in await self.pool.fetch(sql, *values)]


@pytest_asyncio.fixture
async def stage(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A worker at work; a parameter, if given, is its speech model."""
    if hasattr(request, "param"):
        speech = settings.speech.model_copy(update={"model": request.param})
        settings = settings.model_copy(update={"speech": speech})
    pool = await open_pool(settings.database.owner_url or "", env="test")
    redis = open_redis(settings.redis.url)
    queue = Queue(pool, redis, prefix=settings.redis.prefix)
    async with open_tools(settings) as opened:
        recogniser = Overheard(opened.inference)
        tools = replace(opened, inference=recogniser)
        made = Stage(settings, pool, redis, tools, queue, recogniser)

        async def notify(ctx: JobContext, payload: Notify) -> Done:  # noqa: ARG001 - the protocol's
            made.told.append(payload)
            return Done()

        work = {**handlers(tools), **maintenance.handlers(tools.storage), CLIPBOT_NOTIFY.kind: notify}
        worker = asyncio.create_task(run_worker(settings, work, on_start=making.on_start, on_end=making.on_end))
        yield made
        os.kill(os.getpid(), signal.SIGTERM)
        assert await worker == 0
    await redis.aclose()
    await pool.close()
