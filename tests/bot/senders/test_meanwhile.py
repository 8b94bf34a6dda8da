"""What is decided on a clip while a message that shows it is on its way finds that message all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.context import Services
from bot.router import Router
from bot.speaker import Spoken, Telling
from bot.vocabulary import Place
from clipnet.settings import Settings
from pipeline.steps import announce_job, notify_job
from tests.bot.life import moderator
from tests.bot.rig import Ledger, Person
from tests.bot.senders.making import MOMENT, arena, asked, made, open_poll
from tests.bot.senders.speaking import Chat, ended, working

TRIED = "select exists (select from jobs where kind = 'clipbot:post' and attempt = 1 and state = 'ready')"


@dataclass
class Slow(Chat):
    """A platform on which a message stands already while its sender still waits to hear so."""

    stands: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, place: Place, telling: Telling) -> Spoken:
        spoken = await super().say(place, telling)
        self.stands.set()
        await self.heard.wait()
        return spoken


async def mod_of(router: Router, ledger: Ledger, here: int) -> Person:
    return await moderator(ledger, Person(router, "mo", surface="discord", place="lounge"), here)


async def take_down(mod: Person, clip: str) -> None:
    assert (await mod.say(f"!takedown {clip}")).pending
    assert (await mod.say("!confirm")).problem is None


@asynccontextmanager
async def saying(
    settings: Settings, services: Services, ledger: Ledger, discord: Slow, job: Any
) -> AsyncIterator[None]:
    """Run the block while the job's message stands there and nobody has written down where."""
    async with working(settings, discord, Chat("twitch", can_edit=False)):
        await services.queue.enqueue(job)
        await asyncio.wait_for(discord.stands.wait(), 60)
        assert not await ledger.value("select exists (select from copies where platform = 'discord')")
        yield
        discord.heard.set()
        await ended(ledger)


async def announcing(ledger: Ledger, clip: str) -> Any:
    return announce_job(await ledger.value("select id from clips where public_id = $1", clip), 1)


@pytest.mark.parametrize("word", ["announcement", "answer"])
async def test_what_is_taken_down_while_it_is_told_is_taken_back(
    settings: Settings, services: Services, router: Router, ledger: Ledger, word: str
) -> None:
    here, _, clip = await arena(router, ledger, quorum=0)
    mod = await mod_of(router, ledger, here)
    job = await announcing(ledger, clip)
    if word == "answer":
        request = await asked(Person(router, "bob", surface="discord", place="lounge"), f"{MOMENT} --alone")
        clip = await made(ledger, request)
        job = notify_job(await ledger.value("select id from requests where public_id = $1", request))
    discord = Slow("discord")
    async with saying(settings, services, ledger, discord, job):
        await take_down(mod, clip)
        assert len(discord.messages) == 1
    assert not discord.messages
    assert await ledger.value("select state from copies where platform = 'discord'") == "deleted"


async def test_what_is_held_while_it_is_announced_says_so(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    here, _, clip = await arena(router, ledger, quorum=0)
    mod = await mod_of(router, ledger, here)
    discord = Slow("discord")
    async with saying(settings, services, ledger, discord, await announcing(ledger, clip)):
        assert (await mod.say(f"!hold {clip}")).problem is None
        await asyncio.wait_for(_shown(ledger), 60)
    (message,) = discord.in_place("clips")
    assert "on hold" in message.now.reply.text
    assert message.now.reply.media == ()


async def _shown(ledger: Ledger) -> None:
    """Until the messages that were known have been brought up to date."""
    while await ledger.value("select exists (select from jobs where kind = 'clipbot:vote' and state <> 'done')"):  # noqa: ASYNC110
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(("word", "left"), [("takedown", 0), ("hold", 1)])
async def test_what_an_interrupted_try_has_said_is_found_though_nothing_is_to_be_said_any_more(
    settings: Settings, services: Services, router: Router, ledger: Ledger, word: str, left: int
) -> None:
    here, _, clip = await arena(router, ledger, quorum=0)
    mod = await mod_of(router, ledger, here)
    discord = Chat("discord", lose=[ConnectionResetError()])
    async with working(settings, discord):
        await services.queue.enqueue(await announcing(ledger, clip))
        while not await ledger.value(TRIED):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await (take_down(mod, clip) if word == "takedown" else mod.say(f"!hold {clip}"))
        await ledger.conn.execute("update jobs set run_at = now() where kind = 'clipbot:post' and state = 'ready'")
        await ended(ledger)
    assert len(discord.messages) == left
    assert all("on hold" in message.now.reply.text for message in discord.messages.values())


@dataclass
class Crossing(Chat):
    """A platform on which the first edit arrives last."""

    began: asyncio.Event = field(default_factory=asyncio.Event)
    on: asyncio.Event = field(default_factory=asyncio.Event)

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken:
        if not self.began.is_set():
            self.began.set()
            await self.on.wait()
        return await super().edit(spoken, telling)


async def test_an_edit_that_comes_late_does_not_show_again_what_is_on_hold(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    here, ann, clip = await arena(router, ledger)
    await open_poll(ledger, clip)
    mod = await mod_of(router, ledger, here)
    discord = Crossing("discord")
    async with working(settings, discord, Chat("twitch", can_edit=False)):
        await services.queue.enqueue(await announcing(ledger, clip))
        await ended(ledger)
        assert (await ann.say(f"!vote {clip}")).problem is None
        await asyncio.wait_for(discord.began.wait(), 60)
        assert (await mod.say(f"!hold {clip}")).problem is None
        while len(discord.in_place("clips")[0].forms) < 2:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)
        discord.on.set()
        await ended(ledger)
    (message,) = discord.in_place("clips")
    assert len(message.forms) >= 4
    assert "on hold" in message.now.reply.text


async def test_an_answer_of_an_earlier_try_is_brought_up_to_date(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    here, _, _ = await arena(router, ledger, quorum=0, clip_channel=None)
    mod = await mod_of(router, ledger, here)
    request = await asked(Person(router, "bob", surface="discord", place="lounge"), f"{MOMENT} --alone")
    clip = await made(ledger, request)
    discord = Chat("discord", lose=[ConnectionResetError()])
    async with working(settings, discord):
        await services.queue.enqueue(notify_job(await ledger.value("select max(id) from requests")))
        while not discord.messages:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)
        await mod.say(f"!hold {clip}")
        await ended(ledger)
    (message,) = discord.in_place("lounge")
    assert message.now.reply.media == ()
