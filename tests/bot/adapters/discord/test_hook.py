"""Interactions by HTTP: verified, acknowledged by the answer itself, carried out by the same code as the gateway's."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.adapters.base import Presence
from bot.adapters.discord.adapter import join
from bot.adapters.discord.hook import DiscordHook
from bot.context import Services
from bot.deliveries import Intake
from bot.hooks import Knock
from bot.registry import Registry
from bot.router import Router
from clipnet.clock import SystemClock
from clipnet.ending import end
from clipnet.errors import BadInput, Misconfigured
from clipnet.settings import Settings
from tests.bot.adapters.discord.commands import COMMANDS
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.hostile import listened, spoilt
from tests.bot.rig import LINK, Ledger
from tests.fakes.discord import FakeDiscord, Forgery
from tests.fakes.discord.callbacks import respond
from tests.fakes.discord.forms import Form
from web.app import create_app

JOBS = "select count(*) from jobs where kind = 'clip:process'"


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    """A platform by the machine's clock: signatures are dated."""
    async with FakeDiscord(SystemClock()).serving() as serving:
        serving.limits.off()
        yield serving


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Interactions come by HTTP."""
    return environ | {"DISCORD_TRANSPORT": "http"}


@pytest.fixture
def presence(fake: FakeDiscord, services: Services) -> Presence:
    """How Discord takes part by HTTP."""
    assert fake.public_key == services.settings.discord.public_key
    return join(Router(services, Registry(COMMANDS)))


@pytest.fixture
async def door(fake: FakeDiscord, services: Services, presence: Presence) -> AsyncIterator[Scene]:
    """An api whose door Discord knows, in a server."""
    router = Router(services, Registry(COMMANDS))
    assert presence.adapter is not None
    assert presence.hook is not None
    intake = Intake(services, {"discord": presence.hook})
    runner = web.AppRunner(create_app(router, intake=intake), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    guild = fake.add_guild()
    channel = guild.add_channel("clips")
    scene = Scene(fake, router, None, guild, channel, guild.add_member("Ann"), guild.add_member("Bob"))  # type: ignore[arg-type]
    running = asyncio.create_task(presence.adapter.run())
    try:
        async with intake.running():
            await scene.soon(lambda: presence.adapter is not None and presence.adapter.status.state == "running")
            assert await fake.set_endpoint(f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/discord")
            yield scene
    finally:
        await end([running])
        await runner.cleanup()


async def test_no_session_is_begun_and_a_command_is_answered(door: Scene, ledger: Ledger) -> None:
    role = door.guild.add_role("crew")
    door.guild.set_roles(door.ann, [role])
    handle = await door.fake.slash(door.ann, door.channel, "clip", {"source": LINK})
    message = await handle.says("On it")
    assert (handle.http_status, handle.callback) == (200, 5)
    assert await ledger.value(JOBS) == 1
    await door.becomes(message.id, lambda: ledger.value("select handle from notices"))
    assert door.fake.gateway.identifies == 0


async def test_buttons_forms_and_completion_travel_the_same_way(door: Scene) -> None:
    handle = await door.fake.slash(door.ann, door.channel, "pick", {"one": "7K3QX9"})
    message = await handle.says("This is")
    opened = await door.fake.press(door.ann, message, "Rename")
    assert await opened.acknowledged() == 9
    sent = await door.fake.submit_modal(door.ann, opened, {"Words": "another"})
    assert (await sent.says("another")).ephemeral
    assert sent.callback == 6
    offered = await door.fake.autocomplete(door.ann, door.channel, "pick", {"one": "q"}, "one")
    assert len(offered) == 25
    hushed = await door.fake.slash(door.ann, door.channel, "whisper", {"words": "hush"})
    assert (await hushed.says("hush")).ephemeral


@pytest.mark.req("R-061", "negative")
@pytest.mark.parametrize("forgery", list(Forgery))
async def test_what_discord_did_not_sign_is_refused(door: Scene, ledger: Ledger, forgery: Forgery) -> None:
    handle = await door.fake.slash(door.ann, door.channel, "echo", {"words": "genuine"})
    await handle.says("genuine")
    rows = await ledger.value("select count(*) from deliveries")
    assert await door.fake.post_again(handle, forgery) == 401
    assert await ledger.value("select count(*) from deliveries") == rows


async def test_the_same_delivery_twice_is_one_job(door: Scene, ledger: Ledger) -> None:
    handle = await door.fake.slash(door.ann, door.channel, "clip", {"source": LINK})
    await handle.says("On it")
    assert await door.fake.post_again(handle) == 200
    assert await ledger.value(JOBS) == 1
    assert await ledger.value("select count(*) from deliveries") == 1


async def test_an_answer_that_overtakes_its_acknowledgement_is_shown_once_more(door: Scene, presence: Presence) -> None:
    assert presence.hook is not None
    endpoint, door.fake.ledger.endpoint_url = door.fake.ledger.endpoint_url, None
    handle = await door.fake.slash(door.ann, door.channel, "whisper", {"words": "hush"})
    door.fake.ledger.endpoint_url = endpoint
    answer = presence.hook.open(signed(door, handle.payload))
    assert answer.delivery is not None
    handling = asyncio.create_task(presence.hook.handle(answer.delivery))
    await door.soon(lambda: door.fake.violations)
    assert len(door.fake.forgive()) == 1
    respond(door.fake, handle, Form(json.loads(answer.body)), None)
    await handling
    assert (await handle.says("hush")).ephemeral


def signed(door: Scene, event: dict[str, Any]) -> Knock:
    """As Discord would send it now."""
    raw, stamp = json.dumps(event).encode(), str(int(time.time()))
    proof = door.fake.signing_key.sign(stamp.encode() + raw).hex()
    return Knock("POST", {"x-signature-timestamp": stamp, "x-signature-ed25519": proof}, {}, raw)


async def genuine(door: Scene) -> list[dict[str, Any]]:
    """An interaction of each kind, as Discord sent it; none asks for work that can be done."""
    message = await door.fake.say(door.bob, door.channel, "no video here")
    asked = await door.fake.slash(door.ann, door.channel, "clip", {"source": "nowhere", "length": "45"})
    menu = await door.fake.context_menu(door.ann, door.channel, "Clip this", message)
    picked = await door.fake.slash(door.ann, door.channel, "pick", {"one": "7K3QX9"})
    shown = await picked.says("This is")
    pressed = await door.fake.press(door.ann, shown, "Rename")
    assert await pressed.acknowledged() == 9
    sent = await door.fake.submit_modal(door.ann, pressed, {"Words": "another"})
    await sent.says("another")
    return [handle.payload for handle in (asked, menu, picked, pressed, sent)]


async def test_an_interaction_that_is_not_what_it_should_be_is_no_work_and_no_error_of_ours(
    door: Scene, presence: Presence, ledger: Ledger
) -> None:
    assert presence.hook is not None
    hook, dice, undeclared, logged = presence.hook, random.Random(7), [], list[str]()
    found = await genuine(door)
    async with listened(logged):
        for number, body in enumerate(found):
            for name, event in spoilt(body, dice, most=30):
                try:
                    answer = hook.open(signed(door, event))
                    if answer.delivery is not None:
                        await hook.handle(answer.delivery)
                except BadInput:
                    continue
                except Exception as error:
                    undeclared.append(f"{number} {name}: {error!r}")
    assert undeclared == []
    assert await ledger.value(JOBS) == 0
    # It is one and the same interaction that comes spoilt over and over again.
    assert {noted.rpartition(": ")[2] for noted in door.fake.forgive()} <= {"a second first response"}
    secrets = [door.fake.bot_token, *(body["token"] for body in found)]
    assert not any(secret in line for line in logged for secret in secrets)
    handle = await door.fake.slash(door.ann, door.channel, "clip", {"source": LINK})
    await handle.says("On it")


def test_a_recording_of_an_older_request_is_refused() -> None:
    key = Ed25519PrivateKey.generate()

    async def take(_: object, __: bool) -> None:
        raise AssertionError

    hook = DiscordHook(key.public_key().public_bytes_raw().hex(), Registry(COMMANDS), take, SystemClock())
    now = SystemClock().now().timestamp()
    for age_s, status in ((0, 200), (200, 200), (400, 401), (-400, 401)):
        stamp, body = str(int(now - age_s)), b'{"type": 1, "id": "1", "token": "t"}'
        headers = {"x-signature-timestamp": stamp, "x-signature-ed25519": key.sign(stamp.encode() + body).hex()}
        assert hook.open(Knock("POST", headers, {}, body)).status == status


def test_http_needs_the_public_key(services: Services, api_settings: Settings) -> None:
    for key in (None, "zz", "00" * 31):
        discord = api_settings.discord.model_copy(update={"public_key": key})
        router = Router(
            Services(api_settings.model_copy(update={"discord": discord}), services.queue), Registry(COMMANDS)
        )
        with pytest.raises(Misconfigured, match="DISCORD_PUBLIC_KEY"):
            join(router)
