"""The gateway: breaks are mended without a new session, restarts spend few, commands are sent when they changed."""

import asyncio

import pytest

from bot.adapters.discord.adapter import DiscordAdapter, join
from bot.adapters.discord.budget import A_DAY, Budget, wait_s
from bot.context import Services
from bot.registry import Registry
from bot.router import Router
from clipnet.ending import end
from clipnet.errors import ClipNetError, Misconfigured, Unavailable
from clipnet.settings import Settings
from tests.bot.adapters.discord.commands import COMMANDS
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.rig import LINK, Ledger
from tests.fakes.discord.gateway import Gateway
from tests.fakes.faults import Fault

GATEWAY = "GET /gateway/"
BREAKS = {"resumed": Gateway.reconnect, "begun anew": Gateway.invalidate}
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
        await handle.says("meanwhile")
    assert scene.fake.gateway.identifies == 1
    assert scene.fake.gateway.resumes == 1


async def test_a_session_that_is_lost_is_begun_anew_after_discords_pause(scene: Scene) -> None:
    async with scene.online() as adapter:
        scene.clock.advance(60)
        scene.fake.gateway.invalidate()
        await scene.soon(lambda: scene.fake.gateway.identifies == 2)
        await scene.soon(lambda: adapter.status.state == "running")
        await works(scene, "again")
    assert adapter.status.limits["identifies today"] == f"2 of {A_DAY}"
    assert adapter.status.limits["sessions left today"].endswith("of 1000")


async def test_a_connection_that_fell_silent_is_left(scene: Scene) -> None:
    scene.fake.gateway.heartbeat_s = 0.5
    async with scene.online(heartbeat_timeout_s=1.5):
        resumes = scene.fake.gateway.resumes
        scene.fake.gateway.freeze()
        await scene.soon(lambda: scene.fake.gateway.resumes > resumes)
        await works(scene, "alive")
    assert scene.fake.gateway.identifies == 1


async def test_two_hundred_restarts_of_a_day_make_a_hundred_identifies_at_most(scene: Scene) -> None:
    for number in range(200):
        begins_s = 15 * min(number, 50) + 560 * max(0, number - 50)
        scene.clock.advance(max(0.0, begins_s - scene.clock.monotonic_s()))
        await cut_off(scene, ("connected", "identified", "running", "resumed", "begun anew")[number % 5])
    assert scene.clock.monotonic_s() < 24 * 3600
    assert 60 < scene.fake.gateway.identifies <= A_DAY


async def cut_off(scene: Scene, at: str) -> None:
    """A life of the adapter that ends there, or sooner because it may begin no session."""
    gateway, adapter = scene.fake.gateway, DiscordAdapter(scene.router, clock=scene.clock)
    calls, sessions, resumes = len(scene.fake.calls(GATEWAY)), gateway.identifies, gateway.resumes
    running = asyncio.create_task(adapter.run())
    come_to = {
        "connected": lambda: len(scene.fake.calls(GATEWAY)) > calls,
        "identified": lambda: gateway.identifies > sessions,
        "running": lambda: adapter.status.state == "running",
        "resumed": lambda: gateway.resumes > resumes,
        "begun anew": lambda: gateway.identifies > sessions + 1,
    }
    broken = False
    while not running.done() and not come_to[at]():
        if not broken and come_to["running"]() and (breaking := BREAKS.get(at)):
            breaking(gateway)
            broken = True
        scene.clock.advance(1)
        await asyncio.sleep(0.001)
    await end([running])


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


@pytest.mark.parametrize("fault", [Fault.TOO_MANY, Fault.BANNED, Fault.HTML_503])
async def test_a_discord_that_is_away_is_tried_again(scene: Scene, fault: Fault) -> None:
    scene.fake.faults.plan("GET /api/v10/users/@me", fault, after_s=45)
    with pytest.raises(ClipNetError) as error:
        await DiscordAdapter(scene.router, clock=scene.clock).run()
    assert isinstance(error.value, Unavailable)
    assert error.value.retry_after_s == (5 if fault is Fault.HTML_503 else 45)
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
