"""The fake's limits, faults, pages and ledger, asked for raw on a clock that only moves when told to."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest

from clipnet.clock import ManualClock
from tests.fakes.faults import Fault
from tests.fakes.twitch import FakeTwitch, Token, User

SEND = "POST /helix/chat/messages"
START = datetime(2026, 3, 1, tzinfo=UTC)


class Scene:
    """A fake with a live channel, and a bot that may write there."""

    def __init__(self, fake: FakeTwitch, clock: ManualClock, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.clock = clock
        self.session = session
        self.channel = fake.add_channel("Streamer", live=True, delay_s=12)
        self.bot = fake.add_user("ClipBot")
        self.fan = fake.add_user("Fan")
        self.token = fake.issue_token(self.bot, "user:write:chat", "user:bot", "clips:edit")
        self.owner = fake.issue_token(self.channel.user, "channel:manage:broadcast", "channel:bot")

    async def helix(self, method: str, path: str, *, token: Token | None = None, **more: Any) -> aiohttp.ClientResponse:
        """One call of Helix, by default with the bot's token."""
        headers = {"Authorization": f"Bearer {(token or self.token).access}", "Client-Id": self.fake.client_id}
        response = await self.session.request(method, f"{self.fake.helix_base}{path}", headers=headers, **more)
        await response.read()
        return response

    async def send(self, text: str, *, token: Token | None = None) -> str:
        """Send a message; empty when it was sent, else why it was dropped."""
        body = {"broadcaster_id": self.channel.id, "sender_id": self.bot.id, "message": text}
        answer = (await (await self.helix("POST", "chat/messages", token=token, json=body)).json())["data"][0]
        assert answer["is_sent"] is (answer["drop_reason"] is None)
        return str(answer["drop_reason"]["code"]) if answer["drop_reason"] else ""


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """A scene that has to end without a violation."""
    clock = ManualClock(START)
    fake = FakeTwitch(clock)
    async with fake.serving(), aiohttp.ClientSession() as session:
        yield Scene(fake, clock, session)


async def test_the_same_text_is_taken_again_after_thirty_seconds(scene: Scene) -> None:
    answers = []
    for wait_s in (0, 29, 1):
        scene.clock.advance(wait_s)
        answers.append(await scene.send("done"))
    assert answers == ["", "msg_duplicate", ""]


async def test_a_guest_sends_one_a_second_and_twenty_in_thirty(scene: Scene) -> None:
    answers = [await scene.send("a"), await scene.send("b")]
    assert answers == ["", "msg_ratelimit"]
    for number in range(19):
        scene.clock.advance(1)
        assert await scene.send(f"c{number}") == ""
    scene.clock.advance(1)
    assert await scene.send("one too many") == "msg_ratelimit"
    scene.clock.advance(10)
    assert await scene.send("window over") == ""


async def test_a_moderator_sends_a_hundred_and_may_repeat(scene: Scene) -> None:
    await scene.fake.set_moderator(scene.channel, scene.bot)
    answers = [await scene.send("again") for _ in range(101)]
    assert answers == [""] * 100 + ["msg_ratelimit"]
    assert len(scene.fake.said(scene.channel)) == 100


async def test_the_application_token_sends_for_a_bot_that_both_let_in(scene: Scene) -> None:
    assert await scene.send("by app", token=scene.fake.issue_token(None)) == ""
    assert [message.user for message in scene.fake.said(scene.channel)] == [scene.bot]


async def test_a_timeout_ends_by_itself_and_a_ban_does_not(scene: Scene) -> None:
    await scene.fake.ban(scene.channel, scene.fan, for_s=600)
    with pytest.raises(ValueError, match="is banned"):
        await scene.fake.chat(scene.fan, scene.channel, "let me in")
    scene.clock.advance(600)
    await scene.fake.chat(scene.fan, scene.channel, "back")
    await scene.fake.ban(scene.channel, scene.fan)
    scene.clock.advance(10_000)
    with pytest.raises(ValueError, match="is banned"):
        await scene.fake.chat(scene.fan, scene.channel, "let me in")
    assert [(message.text, message.deleted) for message in scene.fake.chat_log(scene.channel)] == [("back", True)]


async def test_an_account_can_be_older_than_the_test(scene: Scene) -> None:
    scene.fake.add_user("Fan", created_at=datetime(2020, 5, 4, tzinfo=UTC))
    shown = await (await scene.helix("GET", "users?login=fan")).json()
    assert shown["data"][0]["created_at"] == "2020-05-04T00:00:00Z"


async def test_what_automod_holds_is_not_sent(scene: Scene) -> None:
    scene.fake.chats.reject = 1
    assert await scene.send("hm") == "msg_rejected"
    assert scene.fake.said(scene.channel) == []


async def test_points_are_counted_told_and_come_back(scene: Scene) -> None:
    scene.fake.helix.points_a_minute = 3
    answers = [await scene.helix("GET", "users") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["Ratelimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    reset_s = int(answers[3].headers["Ratelimit-Reset"]) - START.timestamp()
    assert (await answers[3].json())["message"] == "Too Many Requests"
    scene.clock.advance(reset_s)
    assert (await scene.helix("GET", "users")).status == 200
    assert (await scene.helix("GET", "users", token=scene.owner)).status == 200


async def test_live_and_delay_are_told_to_those_who_may_know(scene: Scene) -> None:
    streams = await (await scene.helix("GET", f"streams?user_id={scene.channel.id}")).json()
    assert streams["data"][0]["started_at"] == "2026-03-01T00:00:00Z"
    path = f"channels?broadcaster_id={scene.channel.id}"
    delays = [await (await scene.helix("GET", path, token=token)).json() for token in (scene.owner, scene.token)]
    assert [answer["data"][0]["delay"] for answer in delays] == [12, 0]
    await scene.fake.end_stream(scene.channel)
    assert (await (await scene.helix("GET", "streams")).json())["data"] == []


async def test_a_marker_stands_at_the_stream_time(scene: Scene) -> None:
    scene.clock.advance(95)
    body = {"user_id": scene.channel.id, "description": "that jump"}
    answer = await (await scene.helix("POST", "streams/markers", token=scene.owner, json=body)).json()
    assert answer["data"][0]["position_seconds"] == 95
    assert [(marker.description, marker.position_s) for marker in scene.fake.markers] == [("that jump", 95)]


async def test_a_clip_is_listed_after_its_seconds(scene: Scene) -> None:
    scene.fake.channels.clip_polls, scene.fake.channels.clip_s = 0, 20
    made = await (await scene.helix("POST", f"clips?broadcaster_id={scene.channel.id}&duration=30")).json()
    found = []
    for wait_s in (0, 19, 1):
        scene.clock.advance(wait_s)
        listed = await (await scene.helix("GET", f"clips?id={made['data'][0]['id']}")).json()
        found.append(len(listed["data"]))
    assert found == [0, 0, 1]


async def test_tokens_end_by_the_clock(scene: Scene) -> None:
    assert (await scene.helix("GET", "users")).status == 200
    scene.clock.advance(14_124)
    refused = await scene.helix("GET", "users")
    assert (refused.status, (await refused.json())["message"]) == (401, "Invalid OAuth token")


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (Fault.TOO_MANY, 429, 0),
        (Fault.HTML_503, 503, 0),
        (Fault.SERVER_ERROR, 500, 0),
        (Fault.DROP, 0, 0),
        (Fault.LOST, 0, 1),
    ],
)
async def test_a_planned_fault_meets_one_request(scene: Scene, fault: Fault, status: int, said: int) -> None:
    scene.fake.faults.plan(SEND, fault, after_s=30)
    body = {"broadcaster_id": scene.channel.id, "sender_id": scene.bot.id, "message": "hello"}
    try:
        answer = await scene.helix("POST", "chat/messages", json=body)
    except aiohttp.ClientError:
        assert status == 0
    else:
        assert answer.status == status
        if fault is Fault.TOO_MANY:
            assert int(answer.headers["Ratelimit-Reset"]) == int(START.timestamp()) + 30
        if fault is Fault.HTML_503:
            assert answer.content_type == "text/html"
    assert len(scene.fake.said(scene.channel)) == said
    scene.clock.advance(31)
    assert await scene.send("hello") == ""
    assert len(scene.fake.journal) == 2


async def test_a_slow_answer_waits_for_the_clock(scene: Scene) -> None:
    scene.fake.faults.plan(SEND, Fault.SLOW, after_s=20)
    sending = asyncio.create_task(scene.send("late"))
    await scene.fake.until(lambda: bool(scene.fake.calls(SEND)))
    assert scene.fake.said(scene.channel) == []
    scene.clock.advance(20)
    assert await sending == ""


def asked(scene: Scene, **change: str) -> str:
    """An authorisation address."""
    query = {"client_id": scene.fake.client_id, "redirect_uri": "http://localhost:3000/back", "response_type": "code"}
    return f"{scene.fake.id_base}oauth2/authorize?" + urlencode(
        query | {"scope": "channel:bot", "state": "s1"} | change
    )


async def exchange(scene: Scene, location: str) -> User | None:
    """Trade the code of a redirect for a token; whose it is."""
    back = parse_qs(urlsplit(location).query)
    assert back["state"] == ["s1"]
    form = {
        "client_id": scene.fake.client_id,
        "client_secret": scene.fake.client_secret,
        "grant_type": "authorization_code",
        "code": back["code"][0],
        "redirect_uri": "http://localhost:3000/back",
    }
    async with scene.session.post(f"{scene.fake.id_base}oauth2/token", data=form) as response:
        token = scene.fake.tokens.find((await response.json())["access_token"])
    assert token is not None
    assert token.scopes == ("channel:bot",)
    return token.user


async def test_a_person_allows_by_page_or_by_hand(scene: Scene) -> None:
    async with scene.session.get(asked(scene)) as page:
        assert scene.fan.name in await page.text()
    decide = asked(scene).replace("authorize?", f"authorize/decide?person={scene.fan.id}&")
    async with scene.session.get(decide, allow_redirects=False) as response:
        assert response.status == 302
        assert await exchange(scene, response.headers["Location"]) is scene.fan
    assert await exchange(scene, scene.fake.authorize(asked(scene), scene.channel.user)) is scene.channel.user
    assert "error=access_denied" in scene.fake.decline(asked(scene))


async def test_a_device_code_is_allowed_or_declined_once(scene: Scene) -> None:
    client = {"client_id": scene.fake.client_id}
    answers = []
    for allow in (True, False):
        async with scene.session.post(
            f"{scene.fake.id_base}oauth2/device", data={**client, "scopes": "user:bot"}
        ) as got:
            device = await got.json()
        async with scene.session.get(device["verification_uri"]) as page:
            assert page.status == 200
        if allow:
            scene.fake.approve_device(device["user_code"], scene.fan)
        else:
            scene.fake.deny_device(device["user_code"])
        grant = "urn:ietf:params:oauth:grant-type:device_code"
        form = {**client, "grant_type": grant, "device_code": device["device_code"], "scopes": "user:bot"}
        for _ in range(2):
            async with scene.session.post(f"{scene.fake.id_base}oauth2/token", data=form) as got:
                answers.append((got.status, (await got.json()).get("message", "")))
    refused = (400, "invalid device code")
    assert answers == [(200, ""), refused, refused, refused]


async def test_a_public_application_renews_without_a_secret(scene: Scene) -> None:
    scene.fake.client_secret = ""
    form = {"client_id": scene.fake.client_id, "grant_type": "refresh_token", "refresh_token": scene.token.refresh}
    async with scene.session.post(f"{scene.fake.id_base}oauth2/token", data=form) as got:
        renewed = scene.fake.tokens.find((await got.json())["access_token"])
    assert renewed is not None
    assert renewed.scopes == scene.token.scopes


async def test_an_authorisation_without_state_is_noted(scene: Scene) -> None:
    scene.fake.authorize(asked(scene, state=""), scene.fan)
    assert scene.fake.violations.pop() == "an authorisation request without state"


async def test_who_disconnects_is_forgotten_everywhere(scene: Scene) -> None:
    await scene.fake.revoke(scene.channel.user)
    body = {"broadcaster_id": scene.channel.id, "sender_id": scene.bot.id, "message": "still here"}
    refused = await scene.helix("POST", "chat/messages", token=scene.fake.issue_token(None), json=body)
    assert refused.status == 401
    assert scene.fake.tokens.find(scene.owner.access) is None
    assert scene.fake.tokens.renew(scene.owner.refresh) is None


async def test_tokens_can_be_born_dead(scene: Scene) -> None:
    """So that a client is met which takes "invalid access token" of a fresh token as a reason to fetch another."""
    scene.fake.tokens.app_s = 0
    form = {
        "client_id": scene.fake.client_id,
        "client_secret": scene.fake.client_secret,
        "grant_type": "client_credentials",
    }
    async with scene.session.post(f"{scene.fake.id_base}oauth2/token", data=form) as got:
        headers = {"Authorization": f"Bearer {(await got.json())['access_token']}"}
    async with scene.session.get(f"{scene.fake.id_base}oauth2/validate", headers=headers) as got:
        assert (got.status, (await got.json())["message"]) == (401, "invalid access token")
