"""The real stack for end-to-end tests: PostgreSQL, Redis, a worker process, and the router as the console uses it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from bot.answer import Answer
from bot.commands import COMMANDS
from bot.context import Services
from bot.registry import Registry
from bot.router import Router
from bot.views import Accepted, RequestView, Shown
from bot.vocabulary import Actor, Invocation, Place
from clipnet import processes
from clipnet.cli.surroundings import Surroundings, surroundings
from clipnet.settings import Settings
from db.pool import open_pool
from ops_commands import COMMANDS as OPERATOR_COMMANDS
from pipeline.events import Event
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import open_redis

CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE_S = 200.0
CLEANED_UP_S = 30.0


@dataclass(frozen=True, slots=True)
class Installation:
    """Services and one worker process, for many tests."""

    surroundings: Surroundings
    worker: subprocess.Popen[bytes]
    log: Path

    @property
    def settings(self) -> Settings:
        return self.surroundings.settings()

    def last_words(self) -> str:
        """The end of what the worker logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]


@contextmanager
def installed(state_dir: Path, variables: Mapping[str, str] = {}) -> Iterator[Installation]:
    """A whole installation of its own in `state_dir`, gone at the end of the block."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    ours = {"ENV": "test", "CLIPNET_STATE_DIR": str(state_dir), "PYTHONPATH": str(CHECKOUT)}
    given = {**inherited, **ours, **variables}
    log = state_dir.parent / f"{state_dir.name}-worker.log"
    with surroundings(given) as found, log.open("wb") as said:
        argv = [sys.executable, "-m", "clipnet", "serve"]
        worker = processes.start(argv, cwd=CHECKOUT, env=found.worker, output=said)
        try:
            yield Installation(found, worker, log)
        finally:
            processes.stop(worker, grace_s=10)


@dataclass(frozen=True, slots=True)
class Stack:
    """One test's way to an installation, as a person of its own, so that nobody's cooldown is another's."""

    installation: Installation
    router: Router
    person: str = field(default_factory=lambda: str(uuid4()))

    @property
    def settings(self) -> Settings:
        return self.router.services.settings

    async def say(self, command: str, **args: Any) -> Answer:
        """What the console on the worker's own machine is answered."""
        answer = await self.router.handle(
            Invocation(
                event_id=str(uuid4()),
                surface="console",
                actor=Actor("console", self.person, "Tester"),
                place=Place("console", "terminal"),
                command=command,
                args=args,
                local=True,
            )
        )
        assert answer is not None
        return answer

    async def shown(self, public_id: str) -> RequestView:
        """A request as `show` tells it."""
        data = (await self.say("show", id=public_id)).reply.data
        assert isinstance(data, Shown)
        assert data.request is not None
        return data.request

    async def ended(self, accepted: Answer) -> RequestView:
        """Wait until an accepted request has ended; fails with the worker's last words when it doesn't."""
        assert isinstance(accepted.reply.data, Accepted), accepted.reply.text
        public_id = accepted.reply.data.request
        queue = self.router.services.queue
        request_id = await queue.pool.fetchval("select id from requests where public_id = $1", public_id)
        followed = asyncio.create_task(_last(queue.follow(request_id)))
        died = asyncio.create_task(_exit_of(self.installation.worker))
        await asyncio.wait({followed, died}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
        died.cancel()
        if not followed.done():
            followed.cancel()
            state = self.installation.worker.poll()
            words = self.installation.last_words()
            raise AssertionError(f"{public_id} did not end; worker: {'runs' if state is None else state}\n{words}")
        await followed
        return await self.shown(public_id)

    async def rows(self, public_id: str) -> dict[str, int]:
        """How many clips, segments and assets a request has."""
        row = await self.router.services.queue.pool.fetchrow(
            """
            select (select count(*) from clips c where c.request_id = r.id) as clips,
                   (select count(*) from segments s where s.request_id = r.id) as segments,
                   (select count(*) from assets a join clips c on c.id = a.clip_id where c.request_id = r.id) as assets
            from requests r where r.public_id = $1
            """,
            public_id,
        )
        assert row is not None
        return dict(row)

    def stored(self) -> set[Path]:
        """Every file in the store."""
        return set(_files_in(self.settings.storage.root))

    def leftovers(self) -> set[str]:
        """Scratch folders, and media tools that still run under the worker."""
        scratch = self.settings.state_dir / "scratch"
        folders = {path.relative_to(scratch).as_posix() for path in _files_in(scratch)}
        children = psutil.Process(self.installation.worker.pid).children(recursive=True)
        return folders | {name for child in children if "ffmpeg" in (name := _name(child))}

    async def cleaned_up(self) -> set[str]:
        """What is left a moment after an attempt ended: its scratch goes after its last word."""
        until_s = time.monotonic() + CLEANED_UP_S
        while True:
            left = self.leftovers()
            if not left or time.monotonic() >= until_s:
                return left
            await asyncio.sleep(0.05)


async def _last(events: AsyncIterator[Event]) -> None:
    async for event in events:
        if event.last:
            return


async def _exit_of(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has ended; a signal from the kernel, so that nobody has to look again and again."""
    ended = asyncio.Event()
    handle = os.pidfd_open(process.pid)
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def _files_in(folder: Path) -> Iterator[Path]:
    """Every file below a folder, of which some may go meanwhile."""
    for found, _, names in os.walk(folder):
        yield from (Path(found, name) for name in names)


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


@asynccontextmanager
async def talking_to(installation: Installation) -> AsyncIterator[Stack]:
    """The router on an installation's services, as the API's process has it."""
    settings = installation.settings
    redis = open_redis(settings.redis.url)
    pool = await open_pool(settings.database.url, env=settings.env, application_name="e2e")
    try:
        services = Services(settings, Queue(pool, redis, prefix=settings.redis.prefix))
        yield Stack(installation, Router(services, Registry([*COMMANDS, *OPERATOR_COMMANDS])))
    finally:
        await pool.close()
        await redis.aclose()
