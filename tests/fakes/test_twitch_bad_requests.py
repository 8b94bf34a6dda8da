"""The fake Twitch refuses what Twitch refuses, and tells apart what no correct client sends."""

from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from clipnet.clock import ManualClock
from tests.fakes.twitch import FakeTwitch
from tests.fakes.twitch.bad import APP, BARE, BOT, OLD, STREAMER, Bad
from tests.fakes.twitch.bad_helix import CHANNELS, GATE_AND_CHAT, MODERATION, SUBSCRIBING
from tests.fakes.twitch.bad_ids import ID_SERVER

BAD = [*ID_SERVER, *GATE_AND_CHAT, *MODERATION, *CHANNELS, *SUBSCRIBING]
BACK = "https://clipnet.example/back"
BOT_SCOPES = (
    "user:read:chat",
    "user:write:chat",
    "user:bot",
    "clips:edit",
    "moderation:read",
    "moderator:manage:banned_users",
    "moderator:manage:chat_messages",
    "user:read:moderated_channels",
)


async def scene(fake: FakeTwitch) -> dict[str, str]:
    """People, channels, tokens and codes under way, by the names that the table uses."""
    channel, offline = fake.add_channel("Streamer", live=True), fake.add_channel("Asleep")
    stranger, closed = fake.add_channel("Stranger", live=True), fake.add_channel("Closed", live=True)
    bot, fan = fake.add_user("ClipBot", moderator_of=[channel, offline]), fake.add_user("Fan")
    await fake.ban(closed, bot)
    bot_token = fake.issue_token(bot, *BOT_SCOPES)
    query = {"client_id": fake.client_id, "redirect_uri": BACK, "response_type": "code", "state": "s"}
    fake.identity.allow(query, fan)
    return {
        "client": fake.client_id,
        "secret": fake.client_secret,
        "channel": channel.id,
        "offline": offline.id,
        "stranger": stranger.id,
        "closed": closed.id,
        "bot": bot.id,
        "fan": fan.id,
        "back": BACK,
        "code": next(iter(fake.identity.consents)),
        "refresh": bot_token.refresh,
        APP: fake.issue_token(None).access,
        f"{BOT}_token": bot_token.access,
        BARE: fake.issue_token(bot).access,
        STREAMER: fake.issue_token(channel.user, "channel:manage:broadcast").access,
        OLD: fake.issue_token(bot, expires_in_s=-1).access,
    }


def filled(value: Any, names: dict[str, str]) -> Any:
    """A value of the table with its names filled in."""
    if isinstance(value, str):
        return value.format(**names) if value.startswith("{") or " {" in value else value
    if isinstance(value, dict):
        return {key: filled(entry, names) for key, entry in value.items()}
    return value


async def send(session: aiohttp.ClientSession, url: str, bad: Bad, names: dict[str, str]) -> tuple[int, str]:
    """One request of the table; status and message of its answer."""
    headers = filled(bad.headers, names)
    if bad.token:
        access = names[f"{BOT}_token" if bad.token == BOT else bad.token]
        headers |= {"Authorization": f"Bearer {access}", "Client-Id": names["client"]}
    body: dict[str, Any] = {}
    if bad.json is not None:
        body = {"json": filled(bad.json, names)}
    elif bad.raw is not None or bad.form:
        body = {"data": bad.raw or filled(bad.form, names)}
    query = filled(bad.query, names)
    async with session.request(bad.method, f"{url}{bad.path}", params=query, headers=headers, **body) as response:
        answer = await response.json() if response.content_type == "application/json" else {}
        return response.status, answer.get("message", "")


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
async def test_a_bad_request_is_refused(bad: Bad) -> None:
    fake = FakeTwitch(ManualClock(datetime(2026, 3, 1, tzinfo=UTC)))
    async with fake.serving(), aiohttp.ClientSession() as session:
        names = await scene(fake)
        asked = {"client_id": fake.client_id, "scopes": "user:bot"}
        async with session.post(f"{fake.id_base}oauth2/device", data=asked) as response:
            names["device"] = (await response.json())["device_code"]
        async with session.ws_connect(fake.eventsub_ws) as socket:
            names["session"] = (await socket.receive_json())["payload"]["session"]["id"]
            for _ in range(bad.before):
                await send(session, fake.url, bad, names)
            before = len(fake.violations)
            status, message = await send(session, fake.url, bad, names)
            noted = fake.forgive()[before:]
    assert (status, bad.message in message) == (bad.status, True), message
    assert len(noted) == bad.wrong, noted


def test_the_table_is_long_enough_and_names_every_request_once() -> None:
    assert len(BAD) >= 60
    assert len({bad.name for bad in BAD}) == len(BAD)
