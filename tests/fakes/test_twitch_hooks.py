"""The fake's EventSub webhooks, received by a raw consumer."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from clipnet.clock import ManualClock
from tests.fakes.faults import Fault
from tests.fakes.twitch import FakeTwitch
from tests.fakes.twitch.bus import Subscription

SECRET = "a-secret-of-the-test"


class Consumer:
    """A callback as an application has to write it: verify, answer the challenge, note each id once."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.seen: dict[str, dict[str, Any]] = {}
        self.kinds: list[str] = []
        self.answer = 204
        self.spoil_challenge = False

    async def handle(self, request: web.Request) -> web.Response:
        """One delivery."""
        body = await request.read()
        given = request.headers
        message_id = given["Twitch-Eventsub-Message-Id"]
        at = given["Twitch-Eventsub-Message-Timestamp"]
        signed = hmac.new(SECRET.encode(), message_id.encode() + at.encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(f"sha256={signed}", given.get("Twitch-Eventsub-Message-Signature", "")):
            return web.Response(status=403)
        if self._now() - datetime.fromisoformat(at[:26] + "+00:00") > timedelta(minutes=10):
            return web.Response(status=403)
        payload = json.loads(body)
        self.kinds.append(given["Twitch-Eventsub-Message-Type"])
        if self.kinds[-1] == "webhook_callback_verification":
            return web.Response(text="no" if self.spoil_challenge else payload["challenge"])
        if self.answer < 300:
            self.seen.setdefault(message_id, payload)
        return web.Response(status=self.answer)


class Scene:
    """A fake, a consumer, and a channel whose broadcaster let the bot in."""

    def __init__(self, fake: FakeTwitch, clock: ManualClock, consumer: Consumer, callback: str) -> None:
        self.fake = fake
        self.clock = clock
        self.consumer = consumer
        self.callback = callback
        self.channel = fake.add_channel("Streamer", live=True)
        self.bot = fake.add_user("ClipBot")
        self.fan = fake.add_user("Fan")
        fake.issue_token(self.bot, "user:read:chat", "user:bot", "user:write:chat")
        fake.issue_token(self.channel.user, "channel:bot")

    async def subscribe(self, kind: str = "channel.chat.message", **condition: str) -> Subscription:
        """Subscribe the consumer (to the channel's chat unless told), and wait for the challenge to be over."""
        body = {
            "type": kind,
            "version": "1",
            "condition": condition or {"broadcaster_user_id": self.channel.id, "user_id": self.bot.id},
            "transport": {"method": "webhook", "callback": self.callback, "secret": SECRET},
        }
        headers = {
            "Authorization": f"Bearer {self.fake.issue_token(None).access}",
            "Client-Id": self.fake.client_id,
        }
        url = f"{self.fake.helix_base}eventsub/subscriptions"
        async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as response:
            assert response.status == 202, await response.text()
            shown = (await response.json())["data"][0]
        assert shown["status"] == "webhook_callback_verification_pending"
        assert "secret" not in shown["transport"]
        subscription = self.fake.bus.subscriptions[-1]
        await self.fake.until(lambda: subscription.status != "webhook_callback_verification_pending")
        return subscription

    def statuses(self) -> list[tuple[int, int]]:
        """Retry count and answer of every notification."""
        return [(entry.retry, entry.status) for entry in self.fake.hooks.attempts if entry.kind == "notification"]


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A scene that has to end without a violation."""
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    fake = FakeTwitch(clock, http_callbacks=True)
    consumer = Consumer(clock.now)
    app = web.Application()
    app.router.add_post("/twitch", consumer.handle)
    async with fake.serving(), TestServer(app) as server:
        yield Scene(fake, clock, consumer, str(server.make_url("/twitch")))


async def test_a_callback_that_echoes_the_challenge_is_told(scene: Scene) -> None:
    assert (await scene.subscribe()).status == "enabled"
    message = await scene.fake.chat(scene.fan, scene.channel, "!clip")
    await scene.fake.settled()
    assert [entry["event"]["message_id"] for entry in scene.consumer.seen.values()] == [message.id]


async def test_a_callback_that_fails_the_challenge_is_not(scene: Scene) -> None:
    scene.consumer.spoil_challenge = True
    assert (await scene.subscribe()).status == "webhook_callback_verification_failed"
    await scene.fake.chat(scene.fan, scene.channel, "!clip")
    await scene.fake.settled()
    assert scene.consumer.kinds == ["webhook_callback_verification"]


async def test_a_refused_delivery_comes_again_under_the_same_id(scene: Scene) -> None:
    await scene.subscribe()
    scene.consumer.answer = 500
    await scene.fake.chat(scene.fan, scene.channel, "!clip")
    await scene.fake.settled()
    scene.consumer.answer = 204
    scene.clock.advance(1)
    await scene.fake.until(lambda: len(scene.statuses()) == 2)
    assert scene.statuses() == [(0, 500), (1, 204)]
    assert len(scene.consumer.seen) == 1


async def test_after_three_lost_notifications_the_subscription_ends(scene: Scene) -> None:
    subscription = await scene.subscribe()
    scene.fake.hooks.retries_s = ()
    scene.consumer.answer = 503
    for number in range(3):
        await scene.fake.chat(scene.fan, scene.channel, f"!clip {number}")
        await scene.fake.settled()
    await scene.fake.until(lambda: "revocation" in scene.consumer.kinds)
    assert subscription.status == "notification_failures_exceeded"


async def test_who_disconnects_ends_the_subscription(scene: Scene) -> None:
    subscription = await scene.subscribe()
    await scene.fake.revoke(scene.channel.user)
    await scene.fake.settled()
    assert subscription.status == "authorization_revoked"
    assert scene.consumer.kinds[-1] == "revocation"


async def test_forged_deliveries_are_refused_and_a_replay_changes_nothing(scene: Scene) -> None:
    subscription = await scene.subscribe()
    await scene.fake.chat(scene.fan, scene.channel, "!clip")
    await scene.fake.settled()
    hows = ("signature", "timestamp", "no signature", "replay")
    answers = [await scene.fake.hooks.forge(subscription, how) for how in hows]  # type: ignore[arg-type]
    assert answers == [403, 403, 403, 204]
    assert len(scene.consumer.seen) == 1


async def test_an_unreachable_callback_is_noted_as_no_answer(scene: Scene) -> None:
    await scene.subscribe()
    scene.fake.bus.subscriptions[0].transport["callback"] = "http://127.0.0.1:9/nobody"
    await scene.fake.chat(scene.fan, scene.channel, "!clip")
    await scene.fake.settled()
    assert scene.statuses() == [(0, 0)]


async def test_a_burst_tells_each_answer_and_loses_nothing(scene: Scene) -> None:
    await scene.subscribe()
    users = [scene.fake.add_user(f"fan{number}") for number in range(20)]
    planned = scene.fake.deliveries(scene.channel, users, count=2000)
    began = time.process_time()
    answers = await scene.fake.burst(scene.callback, SECRET, planned)
    took_s = time.process_time() - began
    assert len(scene.consumer.seen) == 2000 - 400 - 20
    assert [status for status, delivery in zip(answers, planned, strict=True) if not delivery.good] == [403] * 20
    assert answers.count(204) == 1980
    assert {entry["event"]["message_id"] for entry in scene.consumer.seen.values()} == {
        message.id for message in scene.fake.world.messages.values()
    }
    assert took_s < 10


async def test_a_burst_at_nobody_says_so(scene: Scene) -> None:
    await scene.subscribe()
    planned = scene.fake.deliveries(scene.channel, [scene.fan], count=5, duplicates=0, bad=0)
    assert await scene.fake.burst("http://127.0.0.1:9/nobody", SECRET, planned) == [0] * 5


async def test_a_lost_answer_leaves_a_subscription_behind(scene: Scene) -> None:
    scene.fake.faults.plan("POST /helix/eventsub/subscriptions", Fault.LOST)
    with pytest.raises(aiohttp.ClientError):
        await scene.subscribe()
    await scene.fake.until(lambda: scene.fake.bus.subscriptions[0].status == "enabled")
    with pytest.raises(AssertionError, match="subscription already exists"):
        await scene.subscribe()


async def test_consents_given_and_taken_back_are_told(scene: Scene) -> None:
    for kind in ("user.authorization.grant", "user.authorization.revoke"):
        await scene.subscribe(kind, client_id=scene.fake.client_id)
    query = {
        "client_id": scene.fake.client_id,
        "redirect_uri": "http://localhost/x",
        "response_type": "code",
        "state": "s",
    }
    location = scene.fake.identity.allow(query, scene.fan)
    form = {
        "client_id": scene.fake.client_id,
        "client_secret": scene.fake.client_secret,
        "grant_type": "authorization_code",
        "code": location.split("code=")[1].split("&")[0],
        "redirect_uri": "http://localhost/x",
    }
    async with aiohttp.ClientSession() as session, session.post(f"{scene.fake.id_base}oauth2/token", data=form) as got:
        assert got.status == 200
    await scene.fake.revoke(scene.fan)
    await scene.fake.settled()
    told = [(entry["subscription"]["type"], entry["event"]["user_id"]) for entry in scene.consumer.seen.values()]
    assert sorted(told) == [("user.authorization.grant", scene.fan.id), ("user.authorization.revoke", scene.fan.id)]
