"""What X sends to /hooks/x, through the api as it runs."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.x import join
from bot.adapters.x.limits import Limits
from bot.adapters.x.listening import Listener
from bot.adapters.x.webhook import XHook, signature
from bot.hooks import Knock
from bot.router import Router
from clipnet.embedded.ports import reserve
from clipnet.errors import BadInput
from clipnet.settings import Settings, load_settings
from tests.bot.adapters.players import module
from tests.bot.rig import Ledger
from tests.fakes.server import PATIENCE_S
from tests.fakes.x.clients import Stage, stage
from web.serve import serving

SECRET = "consumer-secret"
CHALLENGE = "PUT /2/webhooks/{id}"
SUBSCRIBE = "POST /2/account_activity/webhooks/{id}/subscriptions/all"
MENTIONS = "GET /2/users/{id}/mentions"
pytestmark = pytest.mark.usefixtures("services")


@pytest.fixture
async def x() -> AsyncIterator[Stage]:
    async with stage(loopback_webhooks=True) as ready:
        yield ready


@pytest.fixture
def hook(router: Router, x: Stage) -> XHook:
    return XHook(Listener(router, Limits(x.clock), timedelta(hours=6)), SECRET)


def _knock(body: bytes, given: str | None = None) -> Knock:
    return Knock("POST", {"x-twitter-webhooks-signature": given or signature(SECRET, body)}, {}, body)


def test_a_challenge_is_answered(hook: XHook) -> None:
    answer = hook.open(Knock("GET", {}, {"crc_token": "abc"}, b""))
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert json.loads(answer.body) == {"response_token": signature(SECRET, b"abc")}
    assert hook.open(Knock("GET", {}, {}, b"")).status == 400


def test_what_is_not_signed_by_x_is_refused(hook: XHook) -> None:
    event = {"for_user_id": "1", "tweet_create_events": [{"id_str": "5", "user": {"id_str": "2"}}]}
    body = json.dumps(event).encode()
    for given in ("", "sha256=AAAA", signature("another", body), signature(SECRET, body + b" "), "ü"):
        assert (hook.open(_knock(body, given or "none")).status) == 401
    assert hook.open(Knock("POST", {}, {}, body)).status == 401
    told = hook.open(_knock(body))
    assert told.status == 200
    assert told.delivery is not None
    assert told.delivery.body == {"ids": ["5"]}


def test_what_an_event_is_about(hook: XHook) -> None:
    for event, told in (
        ({"for_user_id": "1", "tweet_create_events": [{"id_str": "5", "user": {"id_str": "1"}}]}, None),
        ({"for_user_id": "1", "favorite_events": [{}]}, None),
        ({"for_user_id": "1", "tweet_delete_events": [{"status": {"id": "7", "user_id": "2"}}]}, "deleted:7"),
        ({"data": {"event_type": "post.mention.create", "payload": {"id": "9", "author_id": "2"}}}, "created:9"),
        ({"data": {"event_type": "post.delete", "payload": {"id": "9"}}}, "deleted:9"),
        ({"data": {"event_type": "follow.follow", "payload": {}}}, None),
        ({}, None),
    ):
        answer = hook.open(_knock(json.dumps(event).encode()))
        assert answer.status == 200
        assert (answer.delivery.event_id if answer.delivery else None) == told
    for junk in (b"{", b"[]", b'{"tweet_create_events": [{"id_str": "x", "user": {"id_str": "1"}}]}'):
        with pytest.raises(BadInput):
            hook.open(_knock(junk))


@pytest.fixture
def port() -> Iterator[int]:
    """A port that is this test's; the system gives those above away by itself, also to whoever connects."""
    free = ((number, reserve(number)) for number in random.sample(range(20_000, 32_000), 1000))
    number, mark = next((number, mark) for number, mark in free if mark is not None)
    with mark:
        yield number


@pytest.fixture
def api_settings(variables: dict[str, str], port: int, tmp_path: Path) -> Settings:
    more = {"X_TRANSPORT": "webhook", "WEB_PORT": f"{port}", "API_BASE_URL": f"http://127.0.0.1:{port}"}
    return load_settings(variables | more, folder=tmp_path)


@asynccontextmanager
async def _served(settings: Settings, x: Stage) -> AsyncIterator[str]:
    """The api with X told of its webhook, once it has looked for what came before; gives the webhook's address."""
    async with serving(settings, {"x": module("x_of_a_test", lambda router: join(router, x.clock))}) as address:
        async with asyncio.timeout(PATIENCE_S):
            while not x.fake.webhooks.subscriptions:
                x.clock.advance(30)  # a first try may come before the port is open
                await asyncio.sleep(0.05)
            while not _caught_up(x):  # noqa: ASYNC110 - the fake has no event
                await asyncio.sleep(0.02)
        yield f"{address}/hooks/x"


def _caught_up(x: Stage) -> bool:
    """Whether mentions were asked for since the webhook was subscribed."""
    calls = [call.route for call in x.fake.journal if call.status]
    subscribed = max(number for number, route in enumerate(calls) if route == SUBSCRIBE)
    return MENTIONS in calls[subscribed:]


async def _settled(ledger: Ledger) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await ledger.value("select count(*) from deliveries where done_at is null"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_mention_that_x_tells_becomes_one_job(api_settings: Settings, x: Stage, ledger: Ledger) -> None:
    async with _served(api_settings, x) as url:
        video = x.fake.post(x.ann, "what a goal", video=b"bytes")
        mentions = [x.fake.mention(x.ann, x.bot, "clip " + "please " * n, reply_to=video) for n in (0, 40)]
        assert await x.fake.deliver(*mentions[:1], times=3, at_once=True) == [200] * 3
        assert await x.fake.crc_check(url)
        await _settled(ledger)
        assert await ledger.value("select count(*) from jobs where kind = 'clip:process'") == 1
        x.clock.advance(900)
        await asyncio.sleep(0.3)
    assert await ledger.value("select count(*) from jobs where kind = 'clip:process'") == 1
    assert await ledger.value("select origin from sources") != ""


async def test_mentions_that_are_told_backwards_and_late_are_each_heard_once(
    api_settings: Settings, x: Stage, ledger: Ledger
) -> None:
    async with _served(api_settings, x):
        mentions = [x.fake.mention(x.ann, x.bot, f"clip https://example.org/talk.mp4?{n}") for n in range(3)]
        assert await x.fake.deliver(mentions[2], mentions[0]) == [200] * 2
        await _settled(ledger)
        assert await x.fake.deliver(mentions[1], mentions[2]) == [200] * 2
        await _settled(ledger)
        rows = await ledger.conn.fetch("select origin from sources order by id")
    assert [row["origin"][-1] for row in rows] == ["2", "0", "1"]


async def test_what_is_badly_signed_makes_no_job(api_settings: Settings, x: Stage, ledger: Ledger) -> None:
    async with _served(api_settings, x):
        mention = x.fake.mention(x.ann, x.bot, "clip https://example.org/talk.mp4")
        assert await x.fake.deliver(mention, signed="wrong") == [401]
        assert await x.fake.deliver(mention, signed="missing") == [401]
        assert await ledger.value("select count(*) from deliveries") == 0
        assert await ledger.value("select count(*) from jobs where kind = 'clip:process'") == 0


async def test_what_was_said_while_nobody_listened_is_caught_up(
    api_settings: Settings, x: Stage, ledger: Ledger
) -> None:
    async with _served(api_settings, x):
        pass
    missed = x.fake.mention(x.ann, x.bot, "clip https://example.org/talk.mp4")
    async with _served(api_settings, x):
        async with asyncio.timeout(PATIENCE_S):
            while not await ledger.value("select count(*) from sources"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert await x.fake.deliver(missed) == [200]
        await _settled(ledger)
    assert await ledger.value("select count(*) from jobs where kind = 'clip:process'") == 1
    assert len(x.fake.webhooks.by_id) == 1


async def test_a_mention_that_is_deleted_takes_the_request_back(
    api_settings: Settings, x: Stage, ledger: Ledger
) -> None:
    async with _served(api_settings, x) as url:
        mention = x.fake.mention(x.ann, x.bot, "clip https://example.org/talk.mp4")
        await x.fake.deliver(mention)
        await _settled(ledger)
        assert await ledger.value("select state from requests") == "queued"

        gone = {"for_user_id": x.bot.id, "tweet_delete_events": [{"status": {"id": mention.id, "user_id": x.ann.id}}]}
        assert await x.fake.webhooks.send(url, json.dumps(gone).encode()) == 200
        await _settled(ledger)

    assert await ledger.value("select state from requests") == "cancelled"


async def test_a_webhook_that_x_found_faulty_is_shown_good_again(api_settings: Settings, x: Stage) -> None:
    async with _served(api_settings, x):
        (hook,) = x.fake.webhooks.by_id.values()
        hook.valid = False
        x.clock.advance(3601)
        async with asyncio.timeout(PATIENCE_S):
            while not hook.valid:
                x.clock.advance(100)
                await asyncio.sleep(0.05)
        assert len(x.fake.calls(CHALLENGE)) == 1
