"""The adapter as the api runs it: it keeps listening whatever X does, and says how it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters import table
from bot.adapters.x import join
from bot.adapters.x.adapter import XAdapter
from bot.adapters.x.speaking import can_speak, speaking
from bot.router import Router
from bot.speaker import Telling
from bot.vocabulary import Place, Reply
from clipnet.ending import end
from clipnet.errors import Misconfigured, NotAllowed
from clipnet.settings import Settings, load_settings
from tests.bot.rig import Ledger
from tests.fakes.faults import Fault
from tests.fakes.server import PATIENCE_S
from tests.fakes.x.clients import Stage

MENTIONS = "GET /2/users/{id}/mentions"


@asynccontextmanager
async def _running(router: Router, x: Stage) -> AsyncIterator[XAdapter]:
    adapter = join(router, x.clock).adapter
    assert isinstance(adapter, XAdapter)
    task = asyncio.create_task(adapter.run())
    yield adapter
    await end([task])
    assert adapter.listener.line is None


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - the fake has no event
            await asyncio.sleep(0.01)


async def _looked(x: Stage, times: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len([call for call in x.fake.calls(MENTIONS) if call.status]) < times:
            x.clock.advance(5)
            await asyncio.sleep(0.02)


async def test_it_looks_again_and_again_and_tells_what_is_left(router: Router, x: Stage, ledger: Ledger) -> None:
    async with _running(router, x) as adapter:
        await _until(lambda: adapter.status.state == "running")
        assert "of 300" in adapter.status.limits["looks for mentions"]
        assert adapter.status.limits["posts that ClipNet allows itself today"] == "0 of 1000 made"
        x.clock.advance(1)
        x.fake.mention(x.ann, x.bot, "clip https://example.org/talk.mp4")
        await _looked(x, 3)
    assert await ledger.value("select count(*) from jobs where kind = 'clip:process'") == 1


async def test_x_being_away_is_told_and_waited_out(router: Router, x: Stage) -> None:
    x.fake.faults.plan(MENTIONS, Fault.TOO_MANY, after_s=200)
    async with _running(router, x) as adapter:
        await _until(lambda: adapter.status.state == "waiting")
        assert "Asks again in" in adapter.status.note
        x.clock.advance(100)
        await asyncio.sleep(0.05)
        assert len(x.fake.calls(MENTIONS)) == 1
        x.clock.advance(150)
        await _until(lambda: adapter.status.state == "running")
        assert adapter.status.note == ""


async def test_refused_credentials_end_it(router: Router, x: Stage) -> None:
    x.fake.suspend(x.bot)
    adapter = join(router, x.clock).adapter
    assert adapter is not None
    with pytest.raises(NotAllowed):
        await adapter.run()


def test_without_credentials_it_stays_off(router: Router, variables: dict[str, str], tmp_path: Path) -> None:
    left = {name: value for name, value in variables.items() if not name.startswith("X_")}
    settings = load_settings(left, folder=tmp_path)
    assert "are not set" in join(_with(router, settings)).lacks
    webhook = load_settings(variables | {"X_TRANSPORT": "webhook", "X_CONSUMER_SECRET": ""}, folder=tmp_path)
    with pytest.raises(Misconfigured):
        join(_with(router, load_settings({**variables, "X_TRANSPORT": "webhook", "API_BASE_URL": ""}, folder=tmp_path)))
    assert webhook.x.transport == "webhook"


def _with(router: Router, settings: Settings) -> Router:
    return Router(replace(router.services, settings=settings), router.registry)


def test_it_is_one_of_the_platforms(router: Router) -> None:
    assert table.join(router, ["x"])["x"].adapter is not None


async def test_the_worker_speaks_without_having_listened(router: Router, x: Stage, api_settings: Settings) -> None:
    queue = router.services.queue
    async with speaking(api_settings, queue.pool, queue.redis) as speaker:
        assert x.fake.journal == []
        spoken = await speaker.say(Place("x", x.bot.id), Telling(Reply("New clip 7K3QX9."), "a1-0"))
    assert spoken.url == f"https://x.com/clipnet/status/{spoken.id}"


def test_nobody_speaks_where_x_is_not_set_up(api_settings: Settings, variables: dict[str, str]) -> None:
    left = {name: value for name, value in variables.items() if not name.startswith("X_")}
    assert can_speak(api_settings)
    assert not can_speak(load_settings(left))
