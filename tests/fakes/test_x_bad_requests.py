"""What X refuses, the fake refuses in the same words, and notes where no correct client would have asked."""

from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.fakes.x.bad_requests import ALL, CLEAN, Bad, filled, request_of
from tests.fakes.x.clients import Stage, stage
from tests.fakes.x.oauth2 import challenge

VERIFIER: Final = "a" * 64
GOOD_AUTHORIZE: Final = {
    "response_type": "code",
    "client_id": "client-id",
    "redirect_uri": "https://clipnet.example/callback",
    "scope": "tweet.read users.read",
    "state": "xyz",
    "code_challenge": challenge(VERIFIER),
    "code_challenge_method": "S256",
}


async def set_up(x: Stage) -> dict[str, str]:
    """The world before the bad request: what its names stand for."""
    fake, gone = x.fake, x.fake.add_user("gone")
    deleted = fake.mention(x.ann, x.bot, "never mind")
    fake.delete_post(deleted)
    lost = fake.mention(gone, x.bot, "hello")
    fake.suspend(gone)
    fake.uploads.looks_inside = False
    await x.ask("POST", "/2/tweets", json={"text": "said before"})
    of_bot, x.grant = x.grant, fake.user_token(x.ann)
    anns_photo = await x.upload(b"ann")
    x.grant = of_bot
    fake.uploads.failures.append("no video")
    failed = await x.upload(b"bad", media_type="video/mp4", category="tweet_video")
    video = await x.upload(b"good", media_type="video/mp4", category="tweet_video")
    x.clock.advance(fake.uploads.processing_s)
    gapped, short = await x.begin(9), await x.begin(9)
    await x.append(gapped, 1, b"123456789")
    await x.append(short, 0, b"12")
    redirect = fake.authorize(x.bot, f"https://x.com/i/oauth2/authorize?{urlencode(GOOD_AUTHORIZE)}")
    return {
        "bot": x.bot.id,
        "bearer": fake.bearer,
        "reader": fake.user_token(x.bot, {"tweet.read", "users.read"}).access,
        "blind": fake.user_token(x.bot, {"tweet.read"}).access,
        "deleted": deleted.id,
        "gone": lost.id,
        "seen": fake.post(x.ann, "look").id,
        "photo": await x.upload(b"jpeg"),
        "anns_photo": anns_photo,
        "begun": await x.begin(9),
        "gapped": gapped,
        "short": short,
        "processing": await x.upload(b"new", media_type="video/mp4", category="tweet_video"),
        "failed": failed,
        "video": video,
        "code": parse_qs(urlsplit(redirect).query)["code"][0],
        "verifier": VERIFIER,
    }


def path_of(bad: Bad, names: dict[str, str]) -> str:
    """The path; `{authorize}` is a good authorize query but for the parameter that follows it."""
    path, wanted, changed = bad.path.partition("{authorize}&")
    if not wanted:
        return str(filled(bad.path, names))
    name, _, value = changed.partition("=")
    return path + urlencode(GOOD_AUTHORIZE | {name: value})


@pytest.mark.parametrize("bad", ALL, ids=[bad.name for bad in ALL])
async def test_a_bad_request_is_refused_and_noted(bad: Bad) -> None:
    async with stage() as x:
        names = await set_up(x)
        posted = len(x.fake.posts)
        assert x.fake.violations == []

        answer = await x.ask(bad.method, path_of(bad, names), **request_of(bad, names))

        assert answer.status == bad.status
        assert bad.says in answer.words
        noted = x.fake.forgive()
        assert (noted == []) if bad.noted == CLEAN else (len(noted) == 1 and bad.noted in noted[0]), noted
        assert len(x.fake.posts) == posted


def test_the_table_is_long_and_names_each_row_once() -> None:
    assert len(ALL) >= 60
    assert len({bad.name for bad in ALL}) == len(ALL)
