"""Too many requests: waited out where Discord itself says so, left alone where the network in front of it bans us."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.adapters.discord.line import OwnLine
from bot.adapters.discord.speaker import DiscordSpeaker
from bot.context import Services
from bot.speaker import Telling
from bot.vocabulary import Place, Reply
from clipnet.clock import SystemClock
from clipnet.settings import Settings
from pipeline.steps import notify_job
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.rig import LINK, Ledger
from tests.bot.senders.speaking import ended, working
from tests.fakes.discord.rate_limits import RateLimits
from tests.fakes.faults import Fault, Faults

SEND = "POST /api/v10/channels/{channel}/messages"
ANSWER = "PATCH /api/v10/webhooks/{application}/{token}/messages/{message}"
CHANNEL = "POST /channels/{channel}/messages"


@pytest.fixture
async def speaker(scene: Scene, api_settings: Settings) -> AsyncIterator[DiscordSpeaker]:
    """What the worker speaks with."""
    line = OwnLine(api_settings.discord)
    yield DiscordSpeaker(line, "https://clips.example", clock=scene.clock)
    await line.close()


class Doubled(SystemClock):
    """The machine's time at twice its pace: what was waited for by the machine's is over by this one."""

    def monotonic_s(self) -> float:
        return 2 * super().monotonic_s()


def say(speaker: DiscordSpeaker, scene: Scene, *words: str) -> list[asyncio.Task[object]]:
    """Begin to say something, a message for each word."""
    place = Place("discord", scene.channel.id, within=scene.guild.id)
    return [asyncio.create_task(speaker.say(place, Telling(Reply(word), f"k-{word}"))) for word in words]


def statuses(scene: Scene) -> list[int | None]:
    return [call.status for call in scene.fake.calls(SEND)]


async def test_the_window_of_a_channel_is_kept_without_being_told_no(speaker: DiscordSpeaker, scene: Scene) -> None:
    scene.fake.limits = RateLimits(Doubled())
    scene.fake.limits.by_route = {CHANNEL: (2, 0.2)}
    await asyncio.gather(*say(speaker, scene, *"abcde"))
    assert statuses(scene) == [200] * 5
    assert scene.shown() == list("abcde")


@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_no_of_discord_is_waited_out_and_nothing_is_said_twice(
    speaker: DiscordSpeaker, scene: Scene, everywhere: bool
) -> None:
    await asyncio.gather(*say(speaker, scene, "a"))
    if everywhere:
        scene.fake.limits.everything = 0
    else:
        scene.fake.faults.plan(SEND, Fault.TOO_MANY, after_s=3)  # as long as it may take to speak elsewhere
    (first,) = say(speaker, scene, "b")
    await scene.soon(lambda: 429 in statuses(scene))
    scene.fake.limits.off()
    other = scene.guild.add_channel("other")
    elsewhere = asyncio.create_task(speaker.say(Place("discord", other.id), Telling(Reply("c"), "k-c")))
    await asyncio.wait({first, elsewhere}, return_when=asyncio.FIRST_COMPLETED)
    assert statuses(scene)[:2] == [200, 429]
    assert scene.fake.calls(SEND)[2].args["channel"] == (scene.channel.id if everywhere else other.id)
    await asyncio.gather(first, elsewhere)
    assert statuses(scene) == [200, 429, 200, 200]
    assert scene.shown() == ["a", "b"]


@pytest.mark.parametrize("route", [SEND, ANSWER])
async def test_while_the_network_bans_us_a_last_word_waits_as_long_as_it_says(
    speaker: DiscordSpeaker, scene: Scene, settings: Settings, services: Services, ledger: Ledger, route: str
) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        message = await handle.says("On it")
        await scene.becomes(message.id, lambda: ledger.value("select handle from notices"))
    if route == SEND:
        await scene.fake.delete_message(message)
        scene.clock.advance(3600)
    request = await ledger.value("select public_id from requests")
    await ledger.end(request, "done")
    scene.fake.faults.plan(route, Fault.BANNED, after_s=900, times=100)
    asked = len(scene.fake.journal)
    async with working(settings, speaker):
        await services.queue.enqueue(notify_job(await ledger.value("select id from requests")))
        await ended(ledger)
        job = await ledger.conn.fetchrow(
            "select state, extract(epoch from run_at - now())::int as in_s from jobs where kind = 'clipbot:notify'"
        )
        assert job is not None
        assert job["state"] == "ready"
        assert 840 < job["in_s"] <= 900
        assert [call.status for call in scene.fake.journal[asked:] if call.route == route] == [429]

        scene.fake.faults = Faults()
        await ledger.conn.execute("update jobs set run_at = now() where kind = 'clipbot:notify'")
        await ended(ledger)
    assert await ledger.value("select state from jobs where kind = 'clipbot:notify'") == "done"
    assert len(scene.shown()) == 1
    assert "is done" in scene.shown()[0]
