"""What can go wrong on X: each fault, the windows, the media's processing, and X's rule for automated replies."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from oauthlib.oauth1 import Client

from clipnet.clock import ManualClock
from tests.fakes.faults import Fault
from tests.fakes.x.clients import Stage, stage
from tests.fakes.x.text import weighted_length

SIGNED_AT = datetime(2026, 1, 1, tzinfo=UTC)
POSTS = "POST /2/tweets"


@pytest.fixture
async def x() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


async def post(x: Stage, text: str = "hello") -> int:
    return (await x.ask("POST", "/2/tweets", json={"text": text})).status


async def test_a_lost_answer_leaves_the_post_done(x: Stage) -> None:
    x.fake.faults.plan(POSTS, Fault.LOST)

    with pytest.raises(aiohttp.ClientError):
        await post(x)

    assert [one.text for one in x.fake.posts] == ["hello"]
    assert await post(x) == 403
    assert len(x.fake.posts) == 1


async def test_a_dropped_connection_leaves_nothing_done(x: Stage) -> None:
    x.fake.faults.plan(POSTS, Fault.DROP)

    with pytest.raises(aiohttp.ClientError):
        await post(x)

    assert x.fake.posts == []
    assert await post(x) == 201


@pytest.mark.parametrize(("fault", "status"), [(Fault.TOO_MANY, 429), (Fault.HTML_503, 503), (Fault.SERVER_ERROR, 500)])
async def test_a_refusing_server_does_nothing_and_recovers(x: Stage, fault: Fault, status: int) -> None:
    x.fake.faults.plan(POSTS, fault, times=2)

    assert [await post(x), await post(x), await post(x)] == [status, status, 201]
    assert len(x.fake.posts) == 1
    assert x.fake.violations == []


async def test_a_planned_429_names_its_reset_and_no_retry_after(x: Stage) -> None:
    x.fake.faults.plan(POSTS, Fault.TOO_MANY, after_s=120)

    answer = await x.ask("POST", "/2/tweets", json={"text": "hello"})

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert int(answer.headers["x-rate-limit-reset"]) - int(x.clock.now().timestamp()) == 120
    assert "Retry-After" not in answer.headers


class Announcing(ManualClock):
    """Says when somebody begins to wait."""

    def __init__(self) -> None:
        super().__init__(SIGNED_AT)
        self.waiting = asyncio.Event()

    async def sleep(self, delay_s: float) -> None:
        self.waiting.set()
        await super().sleep(delay_s)


async def test_a_slow_answer_waits_for_the_clock() -> None:
    clock = Announcing()
    async with stage(clock) as x:
        x.fake.faults.plan(POSTS, Fault.SLOW, after_s=30)

        asked = asyncio.create_task(post(x))
        await clock.waiting.wait()
        assert x.fake.posts == []
        clock.advance(30)

        assert await asked == 201


async def test_every_answer_counts_down_the_window(x: Stage) -> None:
    x.fake.limits.by_route[POSTS].user = 2

    good, bad, over = [
        await x.ask("POST", "/2/tweets", json=body) for body in ({"text": "one"}, {"txt": "two"}, {"text": "three"})
    ]

    assert [one.headers["x-rate-limit-remaining"] for one in (good, bad, over)] == ["1", "0", "0"]
    assert (good.status, bad.status, over.status) == (201, 400, 429)
    assert over.body["title"] == "Too Many Requests"
    assert "Extra inputs" in x.fake.forgive()[0]
    assert [one.text for one in x.fake.posts] == ["one"]


async def test_asking_on_after_a_429_is_noted(x: Stage) -> None:
    x.fake.limits.by_route[POSTS].user = 1

    assert [await post(x, "1"), await post(x, "2")] == [201, 429]
    assert x.fake.violations == []
    assert await post(x, "3") == 429
    assert "asked again before the reset" in x.fake.forgive()[0]
    x.clock.advance(901)
    assert await post(x, "4") == 201


async def test_the_day_s_cap_is_the_app_s(x: Stage) -> None:
    x.fake.limits.by_route[POSTS].app_daily = 1
    other = x.fake.user_token(x.ann).access

    first = await x.ask("POST", "/2/tweets", json={"text": "one"})
    second = await x.ask("POST", "/2/tweets", json={"text": "two"}, token=other)

    assert first.headers["x-app-limit-24hour-remaining"] == "0"
    assert (second.status, second.headers["x-app-limit-24hour-remaining"]) == (429, "0")


async def test_processing_goes_by_the_clock_and_can_fail(x: Stage) -> None:
    x.fake.uploads.processing_s = 10
    media_id = await x.upload(b"no video at all", media_type="video/mp4", category="tweet_video")
    seen = []
    for _ in range(4):
        status = await x.ask("GET", f"/2/media/upload?command=STATUS&media_id={media_id}")
        seen.append(status.body["data"]["processing_info"])
        x.clock.advance(seen[-1].get("check_after_secs", 0))

    assert [one["state"] for one in seen] == ["pending", "in_progress", "failed", "failed"]
    assert seen[2]["error"]["message"] == "the file is no video"
    assert x.fake.violations == []


async def test_impatient_asking_for_the_state_is_noted(x: Stage) -> None:
    media_id = await x.upload(b"no video at all", media_type="video/mp4", category="tweet_video")
    for _ in range(3):
        await x.ask("GET", f"/2/media/upload?command=STATUS&media_id={media_id}")

    assert "before check_after_secs" in x.fake.forgive()[0]


async def test_a_segment_may_come_again_but_an_idle_upload_is_forgotten(x: Stage) -> None:
    media_id = await x.begin(6)
    for index, data in [(1, b"def"), (0, b"xxx"), (0, b"abc")]:
        assert (await x.append(media_id, index, data)).status == 200
    assert (await x.finalize(media_id)).status == 200
    assert x.fake.media[media_id].data == b"abcdef"

    x.clock.advance(x.fake.uploads.idle_s)
    x.grant = x.fake.user_token(x.bot)

    assert (await x.append(media_id, 0, b"abc")).status == 404
    answer = await x.ask("POST", "/2/tweets", json={"media": {"media_ids": [media_id]}})
    assert "Your media IDs are invalid." in answer.words
    assert "not ready, expired" in x.fake.forgive()[0]


async def test_four_photos_in_one_post(x: Stage) -> None:
    ids = [await x.upload(b"jpeg") for _ in range(4)]

    assert (await x.ask("POST", "/2/tweets", json={"media": {"media_ids": ids}})).status == 201
    assert [one.id for one in x.fake.posts[0].media] == ids


@pytest.mark.parametrize("named", [True, False])
async def test_only_a_mention_may_be_answered_and_only_once(x: Stage, named: bool) -> None:
    asked = x.fake.mention(x.ann, x.bot, "clip this") if named else x.fake.post(x.ann, "a nice day")
    reply = {"in_reply_to_tweet_id": asked.id}

    await x.ask("POST", "/2/tweets", json={"text": "On it", "reply": reply})
    first = list(x.fake.violations)
    await x.ask("POST", "/2/tweets", json={"text": "Done", "reply": reply})

    assert len(x.fake.replies_to(asked)) == 2
    assert (first == []) is named
    assert "a second time" in x.fake.forgive()[-1]


async def test_a_suspended_bot_can_do_nothing(x: Stage) -> None:
    x.fake.suspend(x.bot)

    assert "suspended" in (await x.ask("GET", "/2/users/me")).words


@pytest.mark.parametrize("spoil", ["query", "nonce", "secret", "time", "token"])
async def test_a_signature_holds_for_one_request_only(spoil: str) -> None:
    signing = ManualClock(SIGNED_AT)
    async with stage(signing_clock=signing) as x:
        token = x.fake.oauth1.issue(x.bot)
        secret = "another" if spoil == "secret" else token.secret
        client = Client(
            "consumer-key", "consumer-secret", token.token, secret, timestamp=str(int(SIGNED_AT.timestamp()))
        )
        _, headers, _ = client.sign("https://api.x.com/2/users/me?user.fields=id", "GET")
        asked = "/2/users/me?user.fields=" + ("name" if spoil == "query" else "id")
        if spoil == "nonce":
            assert (await x.ask("GET", asked, headers=headers)).status == 200
        if spoil == "time":
            signing.advance(301)
        if spoil == "token":
            x.fake.oauth1.withdraw(token.token)

        assert (await x.ask("GET", asked, headers=headers)).status == 401
        assert len(x.fake.forgive()) == (spoil != "token")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("hello", 5),
        ("cafe\u0301", 4),
        ("日本", 4),
        ("“so”…", 6),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🇩🇪🇫🇷", 4),
        ("see https://clipnet.example/a/very/long/path?with=query", 27),
        ("https://a.example https://b.example", 47),
    ],
)
def test_a_text_weighs_what_x_says(text: str, length: int) -> None:
    assert weighted_length(text) == length
