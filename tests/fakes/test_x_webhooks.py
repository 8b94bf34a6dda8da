"""Webhooks of X: the challenge, the signature over the raw body, and both shapes of an event."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.fakes.x.clients import Stage, stage

SECRET = b"the-app's-secret"


@dataclass
class Receiver:
    """An app's server: answers challenges with `secret` and keeps what is rightly signed."""

    secret: bytes = SECRET
    url: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)

    def _token(self, message: bytes) -> str:
        return "sha256=" + base64.b64encode(hmac.digest(self.secret, message, hashlib.sha256)).decode()

    async def crc(self, request: web.Request) -> web.Response:
        return web.json_response({"response_token": self._token(request.query["crc_token"].encode())})

    async def event(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("x-twitter-webhooks-signature") != self._token(body):
            return web.Response(status=401)
        self.heard.append(json.loads(body))
        return web.Response()


@asynccontextmanager
async def receiving(secret: bytes = SECRET) -> AsyncIterator[Receiver]:
    receiver = Receiver(secret)
    app = web.Application()
    app.router.add_get("/hook", receiver.crc)
    app.router.add_post("/hook", receiver.event)
    async with TestServer(app, host="127.0.0.1") as server:
        receiver.url = str(server.make_url("/hook"))
        yield receiver


@pytest.fixture
async def x() -> AsyncIterator[Stage]:
    async with stage(consumer_secret=SECRET.decode(), loopback_webhooks=True) as ready:
        yield ready


async def register(x: Stage, receiver: Receiver) -> str:
    answer = await x.ask("POST", "/2/webhooks", json={"url": receiver.url}, token=x.fake.bearer)
    assert answer.status == 200, answer
    return str(answer.body["data"]["id"])


async def test_a_mention_is_told_signed_and_with_its_numbers_as_strings_too(x: Stage) -> None:
    async with receiving() as receiver:
        hook = await register(x, receiver)
        await x.ask("POST", f"/2/account_activity/webhooks/{hook}/subscriptions/all", json={})
        video = x.fake.post(x.ann, "what a goal", video=b"bytes", duration_ms=9000)
        mention = x.fake.mention(x.ann, x.bot, "clip this " + "please " * 30, reply_to=video)

        assert await x.fake.deliver(mention) == [200]

    (event,) = receiver.heard
    assert event["for_user_id"] == x.bot.id
    (post,) = event["tweet_create_events"]
    assert (post["id"], post["id_str"]) == (int(mention.id), mention.id)
    assert post["in_reply_to_status_id_str"] == video.id
    assert (post["truncated"], post["extended_tweet"]["full_text"]) == (True, mention.text)
    assert [one["screen_name"] for one in post["entities"]["user_mentions"]] == ["clipnet"]
    assert post["user"]["screen_name"] == "ann"


async def test_the_newer_shape_tells_only_who_is_named(x: Stage) -> None:
    async with receiving() as receiver:
        wanted = {
            "event_type": "post.mention.create",
            "filter": {"user_id": x.bot.id},
            "tag": "mentions",
            "webhook_id": await register(x, receiver),
        }
        subscribed = await x.ask("POST", "/2/activity/subscriptions", json=wanted)
        mention = x.fake.mention(x.ann, x.bot, "clip this")
        answered = x.fake.post(x.bot, "On it", reply_to=mention)
        thanks = x.fake.post(x.ann, "thanks!", reply_to=answered)

        assert await x.fake.deliver(mention, answered, thanks) == [200]

    assert subscribed.body["data"]["webhook_id"] == wanted["webhook_id"]
    (event,) = receiver.heard
    assert event["data"]["filter"] == {"user_id": x.bot.id}
    assert event["data"]["tag"] == "mentions"
    assert event["data"]["payload"]["text"] == "@clipnet clip this"
    assert event["data"]["includes"]["users"][0]["username"] == "ann"


async def test_deliveries_come_twice_at_once_and_wrongly_signed(x: Stage) -> None:
    async with receiving() as receiver:
        hook = await register(x, receiver)
        await x.ask("POST", f"/2/account_activity/webhooks/{hook}/subscriptions/all", json={})
        posts = [x.fake.mention(x.ann, x.bot, f"clip {n}") for n in range(10)]

        assert await x.fake.deliver(posts[0], signed="wrong") == [401]
        assert await x.fake.deliver(posts[0], signed="missing") == [401]
        assert receiver.heard == []
        assert await x.fake.deliver(*posts, times=2, at_once=True) == [200] * 20

    assert len(receiver.heard) == 20
    assert await x.fake.deliver(posts[0]) == [0]


async def test_who_cannot_answer_the_challenge_gets_no_webhook(x: Stage) -> None:
    async with receiving(b"another secret") as receiver:
        answer = await x.ask("POST", "/2/webhooks", json={"url": receiver.url}, token=x.fake.bearer)

    assert answer.status == 400
    assert "CrcValidationFailed" in answer.words
    assert x.fake.webhooks.by_id == {}
    assert len(x.fake.forgive()) == 1


async def test_a_webhook_that_fails_the_hourly_challenge_is_told_nothing(x: Stage) -> None:
    async with receiving() as receiver:
        hook = await register(x, receiver)
        await x.ask("POST", f"/2/account_activity/webhooks/{hook}/subscriptions/all", json={})
        again = await x.ask("POST", "/2/webhooks", json={"url": receiver.url}, token=x.fake.bearer)
        assert "DuplicateUrlFailed" in again.words
        mention = x.fake.mention(x.ann, x.bot, "clip this")

        receiver.secret = b"rotated by mistake"
        assert not await x.fake.crc_check(receiver.url)
        assert len(x.fake.forgive()) == 1
        assert await x.fake.deliver(mention) == []
        listed = await x.ask("GET", "/2/webhooks", token=x.fake.bearer)
        assert listed.body["data"][0]["valid"] is False

        receiver.secret = SECRET
        validated = await x.ask("PUT", f"/2/webhooks/{hook}", token=x.fake.bearer)
        assert validated.body == {"data": {"valid": True}}
        assert await x.fake.deliver(mention) == [200]

        await x.ask("DELETE", f"/2/webhooks/{hook}", token=x.fake.bearer)
        assert await x.fake.deliver(mention) == []
