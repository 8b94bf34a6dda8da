"""The fake's EventSub websocket, spoken to raw, on a clock that only moves when told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from clipnet.clock import ManualClock
from tests.fakes.server import PATIENCE_S
from tests.fakes.twitch import Channel, FakeTwitch, Token, User


class Scene:
    """A fake with a channel, and a bot that reads it."""

    def __init__(self, fake: FakeTwitch, clock: ManualClock, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.clock = clock
        self.session = session
        self.channel: Channel = fake.add_channel("Streamer", live=True)
        self.bot: User = fake.add_user("ClipBot")
        self.fan: User = fake.add_user("Fan")
        self.token: Token = fake.issue_token(self.bot, "user:read:chat")

    @asynccontextmanager
    async def socket(self, url: str = "") -> AsyncIterator[tuple[aiohttp.ClientWebSocketResponse, dict[str, Any]]]:
        """A socket and what its welcome says of the session."""
        async with self.session.ws_connect(url or self.fake.eventsub_ws) as socket:
            welcome = await socket.receive_json(timeout=PATIENCE_S)
            assert welcome["metadata"]["message_type"] == "session_welcome"
            yield socket, welcome["payload"]["session"]

    async def subscribe(
        self, session_id: str, *, channel: Channel | None = None, kind: str = "channel.chat.message"
    ) -> tuple[int, dict[str, Any]]:
        """Ask for a subscription on a socket; status and body."""
        condition = {"broadcaster_user_id": (channel or self.channel).id}
        if "chat" in kind:
            condition["user_id"] = self.bot.id
        version = "2" if kind == "channel.update" else "1"
        transport = {"method": "websocket", "session_id": session_id}
        body = {"type": kind, "version": version, "condition": condition, "transport": transport}
        return await self.helix("POST", "eventsub/subscriptions", json=body)

    async def helix(self, method: str, path: str, **more: Any) -> tuple[int, dict[str, Any]]:
        """One call of Helix with the bot's token."""
        headers = {"Authorization": f"Bearer {self.token.access}", "Client-Id": self.fake.client_id}
        async with self.session.request(method, f"{self.fake.helix_base}{path}", headers=headers, **more) as response:
            return response.status, await response.json() if response.content_type == "application/json" else {}

    async def told(self, socket: aiohttp.ClientWebSocketResponse) -> tuple[str, dict[str, Any]]:
        """The next message of a socket: type and payload."""
        message = await socket.receive_json(timeout=PATIENCE_S)
        return message["metadata"]["message_type"], message["payload"]

    async def closed(self, socket: aiohttp.ClientWebSocketResponse) -> int | None:
        """Wait for a socket's end; its code."""
        async with asyncio.timeout(PATIENCE_S):
            async for _ in socket:
                pass
        return socket.close_code


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A scene whose fake runs on a clock that only moves when told to."""
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    fake = FakeTwitch(clock)
    async with fake.serving(), aiohttp.ClientSession() as session:
        yield Scene(fake, clock, session)


async def test_a_socket_without_subscription_is_closed_after_ten_seconds(scene: Scene) -> None:
    async with scene.socket() as (socket, _):
        await asyncio.sleep(0)
        scene.clock.advance(10)
        assert await scene.closed(socket) == 4003


async def test_a_client_that_speaks_is_closed_and_noted(scene: Scene) -> None:
    async with scene.socket() as (socket, _):
        await socket.send_str("hello")
        assert await scene.closed(socket) == 4001
    assert scene.fake.forgive()


@pytest.mark.parametrize(("asked", "given"), [("", 10), ("5", 10), ("30", 30), ("9000", 600)])
async def test_keepalives_come_in_the_time_that_was_asked_for(scene: Scene, asked: str, given: int) -> None:
    url = scene.fake.eventsub_ws + (f"?keepalive_timeout_seconds={asked}" if asked else "")
    async with scene.socket(url) as (socket, session):
        assert session["keepalive_timeout_seconds"] == given
        await scene.subscribe(session["id"])
        scene.clock.advance(given)
        assert (await scene.told(socket))[0] == "session_keepalive"


async def test_a_silent_fake_sends_no_keepalive(scene: Scene) -> None:
    scene.fake.sockets.silent = True
    async with scene.socket() as (socket, session):
        await scene.subscribe(session["id"])
        scene.clock.advance(60)
        for _ in range(5):
            await asyncio.sleep(0)
        scene.fake.sockets.silent = False
        await scene.fake.chat(scene.fan, scene.channel, "after a minute")
        assert (await scene.told(socket))[0] == "notification"


async def test_who_does_not_move_is_closed_after_thirty_seconds(scene: Scene) -> None:
    async with scene.socket() as (socket, session):
        await scene.subscribe(session["id"])
        await scene.fake.sockets.reconnect()
        kind, payload = await scene.told(socket)
        assert (kind, payload["session"]["status"]) == ("session_reconnect", "reconnecting")
        await asyncio.sleep(0)
        scene.clock.advance(30)
        assert await scene.closed(socket) == 4004
    await scene.fake.until(lambda: scene.fake.bus.subscriptions[0].status == "websocket_failed_to_reconnect")


async def test_a_reconnect_url_works_once_and_carries_the_subscriptions(scene: Scene) -> None:
    async with scene.socket() as (old, session):
        await scene.subscribe(session["id"])
        await scene.fake.sockets.reconnect()
        url = (await scene.told(old))[1]["session"]["reconnect_url"]
        async with scene.socket(url) as (new, fresh):
            await scene.fake.chat(scene.fan, scene.channel, "moved")
            kind, payload = await scene.told(new)
            assert (kind, payload["subscription"]["transport"]["session_id"]) == ("notification", fresh["id"])
            await old.close()
            await scene.fake.until(lambda: len(scene.fake.sockets.of()) == 1)
            async with scene.session.ws_connect(url) as third:
                assert await scene.closed(third) == 4007
    assert len(scene.fake.forgive()) == 1


async def test_a_user_has_three_sockets_at_most(scene: Scene) -> None:
    async with scene.socket() as (_, one), scene.socket() as (_, two), scene.socket() as (_, three):
        others = [scene.fake.add_channel(name, live=True) for name in ("A", "B", "C")]
        for session, channel in zip((one, two, three), others, strict=True):
            assert (await scene.subscribe(session["id"], channel=channel))[0] == 202
        async with scene.socket() as (_, four):
            status, body = await scene.subscribe(four["id"])
    assert (status, body["message"]) == (429, "number of websocket transports limit exceeded")
    assert len(scene.fake.forgive()) == 1


async def test_channels_without_consent_cost_until_ten(scene: Scene) -> None:
    channels = [scene.fake.add_channel(f"Other{number}") for number in range(12)]
    scene.fake.issue_token(channels[0].user, "channel:bot")
    async with scene.socket() as (_, session):
        answers = [await scene.subscribe(session["id"], channel=one, kind="stream.online") for one in channels]
    assert [status for status, _ in answers] == [202] * 11 + [429]
    assert [body["data"][0]["cost"] for _, body in answers[:2]] == [0, 1]
    assert answers[10][1]["total_cost"] == answers[10][1]["max_total_cost"] == 10
    assert len(scene.fake.forgive()) == 1


async def test_a_socket_holds_three_hundred_subscriptions(scene: Scene) -> None:
    scene.fake.helix.points_a_minute = 2000
    async with scene.socket() as (_, session):
        for number in range(300):
            status, _ = await scene.subscribe(session["id"], channel=scene.fake.add_channel(f"c{number}"))
            assert status == 202
        assert (await scene.subscribe(session["id"]))[0] == 429
    assert len(scene.fake.forgive()) == 1


async def test_a_deleted_subscription_tells_nothing_more(scene: Scene) -> None:
    async with scene.socket() as (socket, session):
        _, body = await scene.subscribe(session["id"])
        assert (await scene.helix("DELETE", f"eventsub/subscriptions?id={body['data'][0]['id']}"))[0] == 204
        await scene.fake.chat(scene.fan, scene.channel, "unheard")
        assert (await scene.subscribe(session["id"], kind="channel.update"))[0] == 202
        await scene.fake.retitle(scene.channel, "New title")
        kind, payload = await scene.told(socket)
        assert (kind, payload["event"]["title"]) == ("notification", "New title")
        _, listed = await scene.helix("GET", "eventsub/subscriptions?status=enabled")
        assert [entry["type"] for entry in listed["data"]] == ["channel.update"]


async def test_deliveries_are_doubled_swapped_and_lost_on_demand(scene: Scene) -> None:
    async with scene.socket() as (socket, session):
        await scene.subscribe(session["id"])
        scene.fake.bus.duplicate()
        await scene.fake.chat(scene.fan, scene.channel, "one")
        scene.fake.bus.lose()
        await scene.fake.chat(scene.fan, scene.channel, "two")
        scene.fake.bus.reorder(2)
        for text in ("three", "four"):
            await scene.fake.chat(scene.fan, scene.channel, text)
        heard = [(await scene.told(socket))[1]["event"]["message"]["text"] for _ in range(4)]
    assert heard == ["one", "one", "four", "three"]


async def test_a_cut_socket_ends_without_a_close_frame(scene: Scene) -> None:
    async with scene.socket() as (socket, session):
        await scene.subscribe(session["id"])
        scene.fake.sockets.drop()
        assert await scene.closed(socket) in {None, 1006}
    await scene.fake.until(lambda: scene.fake.bus.subscriptions[0].status == "websocket_disconnected")
