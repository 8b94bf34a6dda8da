"""One message, edited as the work goes on: not too often, from any process, and never over the last word."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest

from bot.adapters.discord.progress import SWEEP_S
from bot.adapters.discord.speaker import DiscordSpeaker
from bot.context import Services
from bot.places import place_of
from bot.speaker import Spoken, Telling
from bot.vocabulary import Reply
from db import notices
from pipeline import events
from pipeline.events import Event
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.rig import LINK, Ledger
from tests.fakes.discord import Message, Permission
from tests.fakes.faults import Fault
from tests.fakes.server import PATIENCE_S


class Work:
    """A request whose steps a test plays."""

    def __init__(self, services: Services, ledger: Ledger, request_id: int) -> None:
        self.services = services
        self.ledger = ledger
        self.request_id = request_id
        self.at = 4e9

    async def at_stage(self, stage: str, fraction: float, eta_s: float | None = None) -> None:
        """The worker says how far it is."""
        self.at += 1
        event = Event(
            self.request_id, 1000 + self.request_id, "clip:process", "running", stage, fraction, eta_s, at=self.at
        )
        queue = self.services.queue
        assert await events.publish(queue.redis, event, prefix=queue.keys.prefix, within_s=PATIENCE_S)

    async def end(self) -> None:
        """The request is done, and its last word is written down."""
        await self.ledger.end(await self.ledger.value("select public_id from requests"), "done")


@asynccontextmanager
async def asked(scene: Scene, services: Services, ledger: Ledger) -> AsyncIterator[tuple[Message, Work]]:
    """A request that was asked for by a slash command."""
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        message = await handle.says("On it")
        await scene.becomes(message.id, lambda: ledger.value("select handle from notices"))
        yield message, Work(services, ledger, await ledger.value("select id from requests"))


async def ticking(scene: Scene, look: Callable[[], object], *, step_s: float = 0.5, most_s: float = math.inf) -> None:
    """Let time pass, but no more of it than `most_s`, until something has become true."""
    until_s = scene.clock.monotonic_s() + most_s
    async with asyncio.timeout(PATIENCE_S):
        while not look():
            if scene.clock.monotonic_s() < until_s:
                scene.clock.advance(step_s)
            await asyncio.sleep(0.01)


async def test_a_message_shows_stage_share_and_time_left(scene: Scene, services: Services, ledger: Ledger) -> None:
    async with asked(scene, services, ledger) as (message, work):
        await work.at_stage("polish", 0.5, eta_s=20)
        await ticking(scene, lambda: "50 %" in message.text)
    assert "On it" in message.text
    assert "about 20 s left" in message.text
    assert [button["label"] for button in message.buttons()] == ["Cancel"]


async def test_edits_keep_their_distance_and_show_the_newest(scene: Scene, services: Services, ledger: Ledger) -> None:
    async with asked(scene, services, ledger) as (message, work):
        await work.at_stage("polish", 0.01)
        await ticking(scene, lambda: "1 %" in message.text)
        for step in range(2, 100):
            await work.at_stage("polish", step / 100)
            scene.clock.advance(0.1)
            await asyncio.sleep(0.005)
        await ticking(scene, lambda: "99 %" in message.text)
    shown = [version.at for version in message.history if "%" in str(version.embeds)]
    assert 2 <= len(shown) <= 8
    assert min(b - a for a, b in pairwise(shown)) >= timedelta(seconds=2.4)


async def test_another_process_goes_on_with_the_message(scene: Scene, services: Services, ledger: Ledger) -> None:
    async with asked(scene, services, ledger) as (message, work):
        await work.at_stage("ingest", 0.25)
        await ticking(scene, lambda: "25 %" in message.text)
    async with scene.online():
        await work.at_stage("polish", 0.75)
        await ticking(scene, lambda: "75 %" in message.text)


async def test_nothing_is_shown_after_the_last_word(scene: Scene, services: Services, ledger: Ledger) -> None:
    async with asked(scene, services, ledger) as (message, work):
        await work.end()
        before = len(message.history)
        await work.at_stage("polish", 0.9)
        other = await scene.fake.slash(scene.bob, scene.channel, "clip", {"source": LINK + "?2"})
        second = await other.says("On it")
        await scene.becomes(second.id, lambda: ledger.value("select max(handle) from notices"))
        await Work(services, ledger, await ledger.value("select max(id) from requests")).at_stage("ingest", 0.1)
        await ticking(scene, lambda: "10 %" in second.text)
    assert len(message.history) == before


async def test_an_edit_that_crossed_the_last_word_has_it_told_again(
    scene: Scene, services: Services, ledger: Ledger
) -> None:
    edit = "PATCH /api/v10/webhooks/{application}/{token}/messages/{message}"
    async with asked(scene, services, ledger) as (message, work):
        scene.fake.faults.plan(edit, Fault.SLOW, after_s=1)
        calls = len(scene.fake.calls(edit))
        await work.at_stage("polish", 0.9)
        await scene.soon(lambda: len(scene.fake.calls(edit)) > calls)
        await work.end()
        await ticking(scene, lambda: "90 %" in message.text)
        await scene.becomes(1, lambda: ledger.value("select count(*) from jobs where kind = 'clipbot:notify'"))


async def test_before_its_token_ends_a_message_moves_to_one_of_the_bots_own(
    scene: Scene, services: Services, ledger: Ledger
) -> None:
    async with asked(scene, services, ledger) as (message, work):
        scene.clock.advance(13.8 * 60)
        moved = partial(scene.fake.ledger.in_channel, scene.channel)
        # Less than what is left of the token: the next look, and the one after it, come before that.
        await ticking(scene, lambda: len(moved()) == 2, step_s=0.1, most_s=2 * SWEEP_S)
        new = moved()[-1]
        await scene.soon(lambda: new.id in message.content)
        assert message.buttons() == []
        scene.clock.advance(120)
        await work.at_stage("polish", 0.6)
        await ticking(scene, lambda: "60 %" in new.text)
        notice = await notices.get(services.queue.pool, work.request_id)
    assert "On it" in new.text
    assert [button["label"] for button in new.buttons()] == ["Cancel"]
    assert notice is not None
    assert notice.handle == new.id
    assert "token" not in notice.place["extra"]


async def test_where_the_bot_may_not_speak_the_message_stays(scene: Scene, services: Services, ledger: Ledger) -> None:
    scene.channel.overwrite(scene.guild.me, deny=Permission.SEND_MESSAGES)
    async with asked(scene, services, ledger) as (message, _):
        scene.clock.advance(13.8 * 60)
        for _ in range(100):
            scene.clock.advance(0.5)
            await asyncio.sleep(0.005)
    assert scene.fake.ledger.in_channel(scene.channel) == [message]


async def test_the_worker_tells_the_end_in_that_message(scene: Scene, services: Services, ledger: Ledger) -> None:
    async with scene.online() as adapter:
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        message = await handle.says("On it")
        await scene.becomes(message.id, lambda: ledger.value("select handle from notices"))
        notice = await notices.get(services.queue.pool, await ledger.value("select id from requests"))
        assert notice is not None
        assert notice.handle == message.id
        speaker: DiscordSpeaker = adapter.speaker
        place = place_of(notice.place)
        assert place.within == scene.guild.id
        spoken = await speaker.edit(Spoken(message.id, place), Telling(Reply("It is done."), "n1"))
        assert spoken.url
        scene.clock.advance(3600)
        await speaker.edit(spoken, Telling(Reply("It is done, and seen."), "n1"))
    assert "and seen" in message.text


@pytest.mark.parametrize("seconds", [0, 890])
async def test_a_token_is_used_while_it_is_good_and_the_bots_own_after(scene: Scene, seconds: int) -> None:
    async with scene.online() as adapter:
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        message = await handle.says("On it")
        place = place_of(
            {
                "platform": "discord",
                "id": scene.channel.id,
                "extra": {
                    "token": handle.token,
                    "application": scene.fake.application_id,
                    "until": str(int((handle.created_at + timedelta(minutes=15)).timestamp())),
                },
            }
        )
        scene.clock.advance(seconds)
        await adapter.speaker.edit(Spoken(message.id, place), Telling(Reply("now"), "n1"))
    by_bot = scene.fake.calls("PATCH /api/v10/channels/{channel}/messages/{message}")
    assert len(by_bot) == (1 if seconds else 0)
