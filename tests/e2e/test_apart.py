"""What one platform does to its adapter, the others and the API don't feel: off, broken, rate-limited, refused."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from tests.e2e.platforms import PLATFORMS, Town
from tests.fakes.faults import Fault, Faults
from tests.fakes.server import Fake

pytestmark = pytest.mark.timeout(300)

ANSWERED_S = 30.0
BACK_S = 150.0
_numbers = count(1)


def fake_of(town: Town, platform: str) -> Fake:
    """A platform's server."""
    return {"discord": town.discord, "twitch": town.twitch, "x": town.x}[platform]


async def works(town: Town, platform: str) -> None:
    """Somebody new asks for help there and is answered."""
    name = f"Asker{next(_numbers)}"
    match platform:
        case "discord":
            handle = await town.discord.slash(town.guild.add_member(name), town.talk, "help")
            await handle.answered(ANSWERED_S)
        case "twitch":
            before = len(town.twitch.said(town.stream))
            await town.twitch.chat(town.twitch.add_user(name), town.stream, "!help")
            await town.twitch.heard(town.stream, before + 1, ANSWERED_S)
        case "x":
            post = town.x.post(town.x.add_user(name), "@clipnet help")
            await town.until(lambda: town.x.replies_to(post), ANSWERED_S)


async def others_work(town: Town, platform: str) -> None:
    """Everybody else is answered, and so is the API, by the process that there was."""
    async with asyncio.timeout(ANSWERED_S):
        assert (await town.ask("commands", text="help"))[0] == 200
    await asyncio.gather(*(works(town, other) for other in PLATFORMS if other != platform))
    assert town.api.child is not None
    assert town.api.child.poll() is None


async def comes_back(town: Town, platform: str) -> None:
    """The platform itself is answered again some time after its trouble is over."""
    async with asyncio.timeout(BACK_S):
        while True:
            with suppress(TimeoutError, AssertionError):
                async with asyncio.timeout(8):
                    return await works(town, platform)


def break_off(town: Town, platform: str) -> None:
    """Cut the sockets that there are."""
    if platform == "discord":
        town.discord.gateway.drop()
    if platform == "twitch":
        town.twitch.sockets.drop()


def fail(fault: Fault) -> Callable[[Town, str], None]:
    """Everything that is asked there fails that way from now on."""

    def begin(town: Town, platform: str) -> None:
        fake_of(town, platform).faults.plan("*", fault, times=100_000, after_s=0.5)
        break_off(town, platform)

    return begin


def refuse(town: Town, platform: str) -> None:
    """No credential is good any more."""
    town.discord.bot_token = "another" if platform == "discord" else town.discord.bot_token
    if platform == "twitch":
        town.twitch.tokens.revoke_user(town.bot.id)
        town.twitch.client_secret = "another"
    if platform == "x":
        town.x.oauth1.withdraw(town.environ["X_ACCESS_TOKEN"])
    break_off(town, platform)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_trouble_of_one_is_no_trouble_of_the_others(town: Town, platform: str) -> None:
    await town.open(*PLATFORMS)

    for begin in (fail(Fault.SERVER_ERROR), fail(Fault.TOO_MANY)):
        begin(town, platform)
        await others_work(town, platform)
        fake_of(town, platform).faults = Faults()
    await comes_back(town, platform)
    refuse(town, platform)
    await others_work(town, platform)


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_one_that_is_left_out_is_left_alone(town: Town, platform: str) -> None:
    others = [other for other in PLATFORMS if other != platform]
    town.api.environ = {**town.api.environ, "ADAPTERS": ",".join(others)}
    await town.open(*others)

    await others_work(town, platform)
    assert fake_of(town, platform).journal == []
