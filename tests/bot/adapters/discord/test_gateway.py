"""The gateway: breaks are mended without a new session, restarts spend few, commands are sent when they changed."""

import asyncio
from contextlib import suppress

import pytest

from bot.adapters.discord.adapter import DiscordAdapter, join
from bot.adapters.discord.budget import A_DAY, Budget, wait_s
from bot.context import Services
from bot.registry import Registry
from bot.router import Router
from clipnet.errors import ClipNetError, Misconfigured, Unavailable
from clipnet.settings import Settings
from tests.bot.adapters.discord.commands import COMMANDS
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.rig import LINK, Ledger
from tests.fakes.faults import Fault

COMMANDS_ROUTE = "PUT /api/v10/applications/{application}/commands"


async def works(scene: Scene, word: str) -> None:
    """A command given now is answered."""
    handle = await scene.fake.slash(scene.ann, scene.channel, "echo", {"words": word})
    await handle.says(word)


@pytest.mark.parametrize("breaking", ["drop", "reconnect"])
async def test_a_break_is_resumed_and_what_was_asked_meanwhile_is_answered(scene: Scene, breaking: str) -> None:
    async with scene.online():
        await works(scene, "before")
        getattr(scene.fake.gateway, breaking)()
        handle = await scene.fake.slash(scene.ann, scene.channel, "echo", {"words": "meanwhile"})
        await handle.says("meanwhile", timeout_s=10)
    assert scene.fake.gateway.identifies == 1
    assert scene.fake.gateway.resumes == 1


async def test_a_session_that_is_lost_is_begun_anew_after_discords_pause(scene: Scene) -> None:
    async with scene.online() as adapter:
        scene.clock.advance(60)
        scene.fake.gateway.invalidate()
        await scene.soon(lambda: scene.fake.gateway.identifies == 2, 10)
        await scene.soon(lambda: adapter.status.state == "running")
        await works(scene, "again")
    assert adapter.status.limits["identifies today"] == f"2 of {A_DAY}"
    assert adapter.status.limits["sessions left today"].endswith("of 1000")


async def test_a_connection_that_fell_silent_is_left(scene: Scene) -> None:
    scene.fake.gateway.heartbeat_s = 0.2
    async with scene.online(heartbeat_timeout_s=0.6):
        scene.fake.gateway.freeze()
        await scene.soon(lambda: scene.fake.gateway.resumes == 1, 10)
        await works(scene, "alive")
    assert scene.fake.gateway.identifies == 1


async def test_two_hundred_restarts_make_few_identifies(scene: Scene, services: Services) -> None:
    began = 0
    for _ in range(200):
        taking = asyncio.create_task(Budget(services.queue.pool, scene.clock).take())
        while not taking.done():
            scene.clock.advance(1)
            await asyncio.sleep(0.001)
        began += taking.exception() is None
        scene.clock.advance(31)
    assert 0 < began <= 25


async def test_restarts_in_a_loop_reach_the_gateway_and_spend_nothing_there(scene: Scene) -> None:
    for _ in range(12):
        with suppress(Unavailable):
            async with scene.online():
                pass
    assert 2 <= scene.fake.gateway.identifies <= 6


def test_a_day_has_its_number_of_identifies_whatever_happens() -> None:
    made: list[float] = []
    now = 0.0
    while now < 2 * 24 * 3600:
        pause = wait_s(made, now)
        if pause == 0:
            made.append(now)
        now += max(pause, 0.5)
    worst = max(sum(at - 24 * 3600 < other <= at for other in made) for at in made)
    assert worst <= A_DAY


async def test_a_ledger_that_is_away_allows_no_session(scene: Scene, services: Services) -> None:
    await services.queue.pool.close()
    with pytest.raises(Unavailable):
        await Budget(services.queue.pool, scene.clock).take()


async def test_the_commands_are_sent_when_they_changed_and_only_then(scene: Scene, services: Services) -> None:
    for commands, sent in ((COMMANDS, 1), (COMMANDS, 1), (COMMANDS[:-1], 2), (COMMANDS[:-1], 2)):
        scene.router = Router(services, Registry(commands))
        scene.clock.advance(3600)
        async with scene.online():
            assert len(scene.fake.calls(COMMANDS_ROUTE)) == sent
    names = {one["name"] for one in scene.fake.ledger.commands[None].values()}
    assert names >= {"clip", "Clip this", "jobs"} - {"jobs"}


async def test_a_token_that_is_refused_is_not_tried_again(scene: Scene) -> None:
    scene.fake.bot_token = "another"
    with pytest.raises(Misconfigured):
        await DiscordAdapter(scene.router, clock=scene.clock).run()


@pytest.mark.parametrize("fault", [Fault.TOO_MANY, Fault.HTML_503])
async def test_a_discord_that_is_away_is_tried_again(scene: Scene, fault: Fault) -> None:
    scene.fake.faults.plan("GET /api/v10/users/@me", fault, after_s=45)
    with pytest.raises(ClipNetError) as error:
        await DiscordAdapter(scene.router, clock=scene.clock).run()
    assert isinstance(error.value, Unavailable)
    async with scene.online():
        await works(scene, "back")


async def test_our_own_messages_start_nothing(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        await works(scene, f"!clip {LINK}")
        await works(scene, "over")
    assert await ledger.value("select count(*) from jobs") == 0


def test_without_a_token_there_is_nothing_to_run(scene: Scene, api_settings: Settings, services: Services) -> None:
    bare = api_settings.model_copy(update={"discord": api_settings.discord.model_copy(update={"token": None})})
    presence = join(Router(Services(bare, services.queue), scene.router.registry))
    assert presence.adapter is None
    assert "DISCORD_TOKEN" in presence.lacks
    assert join(scene.router).adapter is not None
