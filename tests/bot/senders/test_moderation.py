"""Messages that are taken back, and moderators who hear of a report, through a real worker."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot import senders
from bot.speaker import Spoken, Telling
from bot.vocabulary import Place
from clipnet.errors import ClipNetError, NotFound, Unavailable
from clipnet.settings import Settings
from pipeline.worker.main import run_worker
from tests.bot.hall import Hall, done

OPEN = "select count(*) from jobs where kind = $1 and state in ('ready', 'running')"


@dataclass
class Room:
    """A platform that keeps what it was asked to do; `faults` are raised first, one at each deletion."""

    platform: str = "chat"
    can_edit: bool = True
    can_delete: bool = True
    said: list[tuple[Place, Telling]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    faults: list[ClipNetError] = field(default_factory=list)

    async def say(self, place: Place, telling: Telling) -> Spoken:
        """See `Speaker.say`."""
        self.said.append((place, telling))
        return Spoken(f"said-{len(self.said)}", place)

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken:
        """See `Speaker.edit`."""
        self.said.append((spoken.place, telling))
        return spoken

    async def delete(self, spoken: Spoken) -> bool:
        """See `Speaker.delete`."""
        if self.faults:
            raise self.faults.pop(0)
        self.deleted.append(f"{spoken.place.id}/{spoken.id}")
        return self.can_delete

    async def find(self, place: Place, key: str) -> Spoken | None:
        """See `Speaker.find`."""
        return next((Spoken("found", place) for _, telling in self.said if telling.key == key), None)


@asynccontextmanager
async def working(settings: Settings, hall: Hall, kind: str, *rooms: Room) -> AsyncIterator[None]:
    """A worker, until it has nothing of that kind to do any more."""
    handlers: Any = senders.handlers(senders.Desk({room.platform: room for room in rooms}))
    worker = asyncio.create_task(run_worker(settings, handlers))
    try:
        async with asyncio.timeout(60):
            while await hall.ledger.value(OPEN, kind):  # noqa: ASYNC110 - the ledger has no event
                await asyncio.sleep(0.02)
        yield
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        assert await worker == 0


async def states(hall: Hall) -> list[str]:
    """What became of the copies, in order."""
    return [row["state"] for row in await hall.ledger.conn.fetch("select state from copies order by id")]


async def test_every_copy_is_deleted_where_that_can_be_done_and_left_where_it_cannot(
    settings: Settings, hall: Hall
) -> None:
    clip = await hall.clip()
    for platform in ("chat", "paper", "nowhere"):
        await hall.copy(clip, platform=platform)
    await done(hall.mod, f"takedown {clip}")
    chat, paper = Room(), Room("paper", can_delete=False)
    async with working(settings, hall, "clipbot:takedown", chat, paper):
        assert await states(hall) == ["deleted", "left", "left"]
        assert chat.deleted == ["room/message-0"]
        assert await hall.ledger.value("select count(*) from effects where state = 'done'") == 2


async def test_a_message_that_is_gone_already_counts_as_deleted(settings: Settings, hall: Hall) -> None:
    clip = await hall.clip()
    await hall.copy(clip)
    await done(hall.ann, f"delete {clip}")
    async with working(settings, hall, "clipbot:takedown", Room(faults=[NotFound("Gone.")])):
        assert await states(hall) == ["deleted"]


async def test_a_platform_that_is_away_is_asked_again(settings: Settings, hall: Hall) -> None:
    clip = await hall.clip()
    await hall.copy(clip)
    await done(hall.mod, f"takedown {clip}")
    chat = Room(faults=[Unavailable("Away.", retry_after_s=0.05)])
    async with working(settings, hall, "clipbot:takedown", chat):
        assert await states(hall) == ["deleted"]
        assert chat.deleted == ["room/message-0"]


async def test_moderators_hear_of_a_report_once_and_can_decide_there(settings: Settings, hall: Hall) -> None:
    await hall.ledger.conn.execute(
        """update communities set settings = '{"ops_channel": {"platform": "chat", "id": "mods"}, "language": "de"}'"""
    )
    clip = await hall.clip()
    for person in (hall.bob, hall.ann):
        await done(person, f"report {clip} shows my address")
    chat = Room()
    async with working(settings, hall, "clipbot:report", chat):
        ((place, telling),) = chat.said
        assert (place.platform, place.id, telling.language) == ("chat", "mods", "de")
        assert clip in telling.reply.text
        assert "shows my address" in [field.value for field in telling.reply.fields]
        assert [(a.command, a.args["id"]) for a in telling.reply.actions] == [
            ("release", clip),
            ("takedown", clip),
            ("show", clip),
        ]


@pytest.mark.parametrize(("word", "told", "left"), [("release", "go on", ["show"]), ("takedown", "deleted", [])])
async def test_what_became_of_a_report_is_said_where_it_was_told(
    settings: Settings, hall: Hall, word: str, told: str, left: list[str]
) -> None:
    await hall.ledger.conn.execute(
        """update communities set settings = '{"ops_channel": {"platform": "chat", "id": "mods"}}'"""
    )
    clip = await hall.clip()
    await done(hall.bob, f"report {clip} rude")
    chat = Room()
    async with working(settings, hall, "clipbot:report", chat):
        await done(hall.mod, f"{word} {clip}")
    async with working(settings, hall, "clipbot:report", chat):
        _, (place, telling) = chat.said
    assert place.id == "mods"
    assert told in telling.reply.text
    assert [action.command for action in telling.reply.actions] == left


async def test_a_report_is_not_told_in_public_nor_after_it_was_decided(settings: Settings, hall: Hall) -> None:
    clip = await hall.clip()
    await hall.ledger.conn.execute(
        """update communities set settings = '{"clip_channel": {"platform": "chat", "id": "all"}}'"""
    )
    await done(hall.bob, f"report {clip} rude")
    chat = Room()
    async with working(settings, hall, "clipbot:report", chat):
        assert chat.said == []
    await hall.ledger.conn.execute(
        """update communities set settings = '{"ops_channel": {"platform": "chat", "id": "mods"}}'"""
    )
    other = await hall.clip()
    await done(hall.bob, f"report {other} rude")
    await done(hall.mod, f"release {other}")
    async with working(settings, hall, "clipbot:report", chat):
        assert chat.said == []
