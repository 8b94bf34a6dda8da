"""Whatever no correct client does fails the test that did it, on each platform, without anybody having to ask."""

from collections.abc import Callable

import aiohttp
import pytest

from clipnet.clock import ManualClock
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_bot import START
from tests.fakes.faults import Fault
from tests.fakes.server import Fake
from tests.fakes.twitch import FakeTwitch
from tests.fakes.x import FakeX

PLATFORMS: dict[str, Callable[[], Fake]] = {
    "discord": lambda: FakeDiscord(ManualClock(START)),
    "twitch": lambda: FakeTwitch(ManualClock(START)),
    "x": lambda: FakeX(ManualClock(START)),
}
each = pytest.mark.parametrize("platform", PLATFORMS)


async def ask(fake: Fake, method: str, path: str) -> int:
    """The status that a request without anything is answered with."""
    async with aiohttp.ClientSession(fake.url) as session, session.request(method, path) as response:
        return response.status


@each
async def test_a_route_that_nothing_answers_fails_the_test_at_its_end(platform: str) -> None:
    fake = PLATFORMS[platform]()
    with pytest.raises(AssertionError, match=f"{platform}: nothing answers GET /nowhere"):
        async with fake.serving():
            assert await ask(fake, "GET", "/nowhere") == 404


@each
async def test_what_no_correct_client_sends_fails_the_test_at_its_end(platform: str) -> None:
    fake = PLATFORMS[platform]()
    route = {"discord": "/api/v10/users/@me", "twitch": "/helix/users", "x": "/2/users/me"}[platform]
    with pytest.raises(AssertionError, match=f"{platform}: "):
        async with fake.serving():
            assert await ask(fake, "GET", route) in (400, 401)


@each
async def test_a_fault_that_nothing_can_meet_fails_the_test_at_its_end(platform: str) -> None:
    fake = PLATFORMS[platform]()
    with pytest.raises(AssertionError, match="no route POST /misspelt for a fault"):
        async with fake.serving():
            fake.faults.plan("POST /misspelt", Fault.LOST)


@each
async def test_what_a_test_wanted_or_failed_over_is_not_told_again(platform: str) -> None:
    fake = PLATFORMS[platform]()
    async with fake.serving():
        await ask(fake, "GET", "/nowhere")
        assert len(fake.forgive()) == 1
    with pytest.raises(LookupError):
        await _failed_over(fake)


async def _failed_over(fake: Fake) -> None:
    async with fake.serving():
        await ask(fake, "GET", "/nowhere")
        raise LookupError
