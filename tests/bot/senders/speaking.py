"""A platform that remembers what was said in it, a worker that speaks there, and the state it is asked about."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bot import senders
from bot.context import Services
from bot.senders import Desk, Rank
from bot.speaker import Speaker, Spoken, Telling
from bot.vocabulary import Place
from clipnet.errors import Conflict, NotFound
from clipnet.settings import Settings
from pipeline.jobs import NewJob
from pipeline.worker.main import run_worker
from tests.bot.rig import Ledger


@dataclass
class Message:
    """What stands in a place, with every form it ever had."""

    spoken: Spoken
    forms: list[Telling]

    @property
    def now(self) -> Telling:
        """How it reads now."""
        return self.forms[-1]


@dataclass
class Chat:
    """A platform by the `Speaker` protocol; `refuse` is raised before, `lose` after the next thing is said."""

    platform: str
    can_edit: bool = True
    can_find: bool = True
    messages: dict[str, Message] = field(default_factory=dict)
    refuse: list[BaseException] = field(default_factory=list)
    lose: list[BaseException] = field(default_factory=list)

    def in_place(self, place: str) -> list[Message]:
        """What stands in a place, oldest first."""
        return [message for message in self.messages.values() if message.spoken.place.id == place]

    async def say(self, place: Place, telling: Telling) -> Spoken:
        if self.refuse:
            raise self.refuse.pop(0)
        for file in telling.files.values():
            assert len(await asyncio.to_thread(Path(file.path).read_bytes)) == file.bytes
        number = len(self.messages) + 1
        spoken = Spoken(f"{self.platform}-{number}", replace(place, extra={}), f"https://{self.platform}.test/{number}")
        self.messages[spoken.id] = Message(spoken, [telling])
        if self.lose:
            raise self.lose.pop(0)
        return spoken

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken:
        assert self.can_edit
        if spoken.id not in self.messages:
            raise NotFound("That message is gone.")
        self.messages[spoken.id].forms.append(telling)
        return spoken

    async def delete(self, spoken: Spoken) -> bool:
        return self.messages.pop(spoken.id, None) is not None

    async def find(self, place: Place, key: str) -> Spoken | None:
        if not self.can_find:
            raise Conflict("Nobody can look there.")
        return next((m.spoken for m in self.in_place(place.id) if m.forms[0].key == key), None)


class Folder:
    """A store of one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes) -> None:
        """Keep a file."""
        self.root.mkdir(exist_ok=True)
        (self.root / key).write_bytes(data)

    async def at_hand(self, key: str, scratch: Path) -> Path:  # noqa: ARG002 - the protocol's
        return self.root / key

    async def url(self, key: str) -> str:
        return f"https://store.test/{key}"


@asynccontextmanager
async def working(
    settings: Settings, *speakers: Speaker, shelf: Folder | None = None, rank: Rank | None = None
) -> AsyncIterator[None]:
    """A worker that tells, while the block runs."""
    desk = Desk({speaker.platform: speaker for speaker in speakers}, shelf, "https://clips.test")
    worker = asyncio.create_task(run_worker(settings, senders.handlers(desk, rank)))
    try:
        yield
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        assert await worker == 0


async def ended(ledger: Ledger) -> None:
    """Wait until every telling that is due, and all that followed it, has ended."""
    waiting = """
        select exists (select from jobs where state in ('ready', 'running') and kind like 'clipbot:%'
          and run_at <= now() + interval '5 s')
    """
    async with asyncio.timeout(60):
        while await ledger.value(waiting):  # noqa: ASYNC110 - the ledger has no event
            await asyncio.sleep(0.02)


async def run(services: Services, ledger: Ledger, *jobs: NewJob[Any]) -> None:
    """Enqueue jobs and wait until nothing more follows from them."""
    await services.queue.enqueue(*jobs)
    await ended(ledger)
