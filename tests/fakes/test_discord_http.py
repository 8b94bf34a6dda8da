"""Interactions by HTTP: the endpoint is tried, deliveries are signed, and the real library answers them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import discord
import pytest
from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from clipnet.clock import ManualClock
from tests.fakes.discord import FakeDiscord, Forgery
from tests.fakes.discord.pointing import pointed
from tests.fakes.discord_bot import CLIP, START, Bot

Take = Callable[[dict[str, object]], Awaitable[web.Response]]


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    """A platform with the command `clip` and a clock that stands still."""
    async with FakeDiscord(ManualClock(START)).serving() as serving:
        serving.ledger.commands[None] = {"1": CLIP | {"id": "1", "type": 1}}
        yield serving


@asynccontextmanager
async def endpoint(public_key: str, take: Take, *, trusting: bool = False) -> AsyncIterator[str]:
    """An address that verifies what arrives (unless it is `trusting`), answers PING and hands on the rest."""

    async def arrived(request: web.Request) -> web.Response:
        body = await request.read()
        try:
            signature = bytes.fromhex(request.headers["X-Signature-Ed25519"])
            signed = request.headers["X-Signature-Timestamp"].encode() + body
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(signature, signed)
        except (KeyError, ValueError, InvalidSignature):
            if not trusting:
                return web.Response(status=401)
        payload = json.loads(body)
        return web.json_response({"type": 1}) if payload["type"] == 1 else await take(payload)

    app = web.Application()
    app.router.add_post("/hooks/discord", arrived)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/discord"
    finally:
        await runner.cleanup()


async def _accept(_: dict[str, object]) -> web.Response:
    return web.Response(status=202)


async def test_an_endpoint_that_believes_anything_is_not_taken(fake: FakeDiscord) -> None:
    async with endpoint(fake.public_key, _accept, trusting=True) as url:
        assert not await fake.set_endpoint(url)
    assert not await fake.set_endpoint(url)
    assert fake.ledger.endpoint_url is None


async def test_the_library_answers_what_came_by_http(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    bot = Bot()

    async def take(payload: dict[str, object]) -> web.Response:
        bot._connection.parse_interaction_create(payload)  # type: ignore[arg-type]
        return web.Response(status=202)

    async with endpoint(fake.public_key, take) as url:
        assert await fake.set_endpoint(url)
        with pointed(fake):
            await bot.login(fake.bot_token)
            handle = await fake.slash(ann, channel, "clip", {"source": "https://example.com/v"})
            met = await bot.meet()
            await met.response.defer(ephemeral=True)
            await met.edit_original_response(content="made")
            asked = asyncio.create_task(fake.autocomplete(ann, channel, "clip", {"source": "o"}, "source"))
            met = await bot.meet()
            await met.response.autocomplete([discord.app_commands.Choice(name="One", value="1")])
            assert [one["name"] for one in await asked] == ["One"]
            await bot.close()
    assert (handle.http_status, handle.callback, handle.text) == (202, 5, "made")
    assert handle.ephemeral == handle.messages
    assert not fake.gateway.identifies


async def test_a_body_answers_as_a_callback_does(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    answer: dict[str, object] = {"type": 4, "data": {"content": "here"}}

    async def take(_: dict[str, object]) -> web.Response:
        return web.json_response(answer)

    async with endpoint(fake.public_key, take) as url:
        assert await fake.set_endpoint(url)
        assert (await fake.slash(ann, channel, "clip", {"source": "x"})).text == "here"
        answer["data"] = {"content": "x" * 2001}
        refused = await fake.slash(ann, channel, "clip", {"source": "x"})
    assert "refused" in refused.failed
    assert len(fake.violations) == 1
    fake.forgive()


@pytest.mark.parametrize("forgery", list(Forgery))
async def test_forgeries_can_be_told(fake: FakeDiscord, forgery: Forgery) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    seen: list[object] = []

    async def take(payload: dict[str, object]) -> web.Response:
        seen.append(payload["id"])
        return web.Response(status=202)

    async with endpoint(fake.public_key, take) as url:
        assert await fake.set_endpoint(url)
        handle = await fake.slash(ann, channel, "clip", {"source": "x"})
        assert await fake.post_again(handle, forgery) == 401
        assert await fake.post_again(handle) == 202
    assert seen == [handle.id, handle.id]


async def test_an_endpoint_that_is_gone_fails_the_command(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with endpoint(fake.public_key, _accept) as url:
        assert await fake.set_endpoint(url)
    handle = await fake.slash(ann, channel, "clip", {"source": "x"})
    assert "didn't answer" in handle.failed
