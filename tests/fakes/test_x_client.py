"""The client library that ClipNet uses works against the fake as against X, unchanged."""

from collections.abc import AsyncIterator
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
import tweepy
from tweepy.asynchronous import AsyncClient

from tests.fakes.faults import Fault
from tests.fakes.x.clients import Stage, stage
from tests.fakes.x.oauth2 import challenge

EXPANSIONS = [
    "author_id",
    "attachments.media_keys",
    "referenced_tweets.id",
    "referenced_tweets.id.author_id",
    "referenced_tweets.id.attachments.media_keys",
]
FIELDS = {"tweet_fields": ["created_at", "display_text_range"], "media_fields": ["variants", "duration_ms"]}


@pytest.fixture
async def x() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


@pytest.fixture
def client(x: Stage) -> AsyncClient:
    """With both kinds of credentials: OAuth 1.0a where `user_auth` is true, else the OAuth 2 token."""
    signed = x.fake.oauth1.issue(x.bot)
    client = AsyncClient(x.grant.access, "consumer-key", "consumer-secret", signed.token, signed.secret)
    client.session = x.session
    return client


@pytest.mark.parametrize("user_auth", [True, False])
async def test_a_post_stands_under_what_it_answers(x: Stage, client: AsyncClient, user_auth: bool) -> None:
    mention = x.fake.mention(x.ann, x.bot, "clip this")

    answer = await client.create_tweet(text="On it", in_reply_to_tweet_id=mention.id, user_auth=user_auth)

    (reply,) = x.fake.replies_to(mention)
    assert (reply.id, reply.text, reply.author) == (answer.data["id"], "@ann On it", x.bot)


@pytest.mark.parametrize("user_auth", [True, False])
async def test_a_mention_brings_the_video_that_it_is_about(x: Stage, client: AsyncClient, user_auth: bool) -> None:
    video = x.fake.post(x.ann, "what a goal", video=b"the bytes", duration_ms=12_000)
    x.fake.mention(x.ann, x.bot, "clip this: 0:05", reply_to=video)

    answer = await client.get_users_mentions(
        x.bot.id, since_id=video.id, max_results=5, expansions=EXPANSIONS, user_auth=user_auth, **FIELDS
    )

    (mention,) = answer.data
    assert mention.text == "@clipnet clip this: 0:05"
    assert mention.referenced_tweets[0].id == int(video.id)
    assert [(user.username) for user in answer.includes["users"]] == ["ann"]
    (media,) = answer.includes["media"]
    assert media.duration_ms == 12_000
    best = max((one for one in media.variants if "bit_rate" in one), key=lambda one: cast(int, one["bit_rate"]))
    async with x.session.get(best["url"]) as response:
        assert await response.read() == b"the bytes"


async def test_a_mention_may_quote_the_video(x: Stage, client: AsyncClient) -> None:
    video = x.fake.post(x.ann, "what a goal", video=b"the bytes")
    x.fake.post(x.ann, "@ClipNet clip this", quoting=video)

    answer = await client.get_users_mentions(x.bot.id, expansions=EXPANSIONS)

    (reference,) = answer.data[0].referenced_tweets
    assert (reference.type, str(reference.id)) == ("quoted", video.id)
    assert [one.type for one in answer.includes["media"]] == ["video"]


async def test_a_reply_may_leave_out_the_handles(x: Stage, client: AsyncClient) -> None:
    bob = x.fake.add_user("bob")
    mention = x.fake.mention(x.ann, x.bot, "clip this for @bob")

    await client.create_tweet(
        text="On it", in_reply_to_tweet_id=mention.id, exclude_reply_user_ids=[bob.id], user_auth=False
    )

    assert x.fake.replies_to(mention)[0].text == "@ann On it"


async def test_nothing_is_told_that_was_not_asked(x: Stage, client: AsyncClient) -> None:
    video = x.fake.post(x.ann, "what a goal", video=b"the bytes", duration_ms=12_000)
    x.fake.mention(x.ann, x.bot, "clip this", reply_to=video)

    bare = await client.get_users_mentions(x.bot.id)
    own_media_only = await client.get_users_mentions(
        x.bot.id, expansions=["attachments.media_keys", "referenced_tweets.id"]
    )

    assert bare.data[0].author_id is None
    assert bare.includes == {}
    assert set(own_media_only.includes) == {"tweets"}


async def test_mentions_come_newest_first_and_strictly_after(x: Stage, client: AsyncClient) -> None:
    posts = [x.fake.mention(x.ann, x.bot, f"number {n}") for n in range(8)]

    first = await client.get_users_mentions(x.bot.id, since_id=posts[0].id, max_results=5)
    second = await client.get_users_mentions(
        x.bot.id, since_id=posts[0].id, max_results=5, pagination_token=first.meta["next_token"]
    )
    none = await client.get_users_mentions(x.bot.id, since_id=posts[-1].id)

    assert [one.id for one in (*first.data, *second.data)] == [int(post.id) for post in reversed(posts[1:])]
    assert first.meta["newest_id"] == posts[-1].id
    assert "next_token" not in second.meta
    assert (none.data, none.meta) == (None, {"result_count": 0})


async def test_handles_put_before_a_reply_reach_the_bot_but_do_not_name_it(x: Stage, client: AsyncClient) -> None:
    mention = x.fake.mention(x.ann, x.bot, "clip this")
    await client.create_tweet(text="On it", in_reply_to_tweet_id=mention.id)
    thanks = x.fake.post(x.ann, "thanks!", reply_to=x.fake.replies_to(mention)[0])

    answer = await client.get_users_mentions(x.bot.id, tweet_fields=["display_text_range"])

    assert answer.data[0].text == "@clipnet thanks!"
    assert answer.data[0].data["display_text_range"] == [9, 16]
    assert thanks.reaches(x.bot)
    assert not thanks.names(x.bot)


async def test_the_deleted_and_the_suspended_are_gone(x: Stage, client: AsyncClient) -> None:
    bob = x.fake.add_user("bob")
    video = x.fake.post(bob, "look", video=b"bytes")
    x.fake.mention(x.ann, x.bot, "clip this", reply_to=video)
    gone = x.fake.mention(x.ann, x.bot, "never mind")
    x.fake.delete_post(gone)
    x.fake.suspend(bob)

    answer = await client.get_users_mentions(x.bot.id, expansions=EXPANSIONS)

    assert [one.text for one in answer.data] == ["@bob @clipnet clip this"]
    assert "tweets" not in answer.includes
    assert answer.errors[0]["resource_id"] == video.id
    assert (await client.get_tweet(gone.id)).errors[0]["title"] == "Not Found Error"
    assert (await client.get_user(username="bob")).errors[0]["detail"] == "User has been suspended: [bob]."


async def test_who_i_am_and_what_i_posted(x: Stage, client: AsyncClient) -> None:
    posted = [(await client.create_tweet(text=f"clip {n}")).data["id"] for n in range(2)]

    me = await client.get_me()
    mine = await client.get_users_tweets(me.data.id, max_results=5, exclude=["replies"])

    assert me.data.username == "clipnet"
    assert [str(one.id) for one in mine.data] == posted[::-1]
    await client.delete_tweet(posted[0])
    assert [one.deleted for one in x.fake.posts] == [True, False]
    assert (await client.get_tweets(posted)).errors[0]["resource_id"] == posted[0]


async def test_the_app_s_own_bearer_reads_and_does_not_post(x: Stage) -> None:
    x.fake.mention(x.ann, x.bot, "clip this")
    client = AsyncClient(x.fake.bearer)
    client.session = x.session

    x.fake.post(x.bot, "I am @clipnet")
    assert len((await client.get_users_mentions(x.bot.id)).data) == 1
    assert len((await client.search_recent_tweets("@clipnet -from:clipnet")).data) == 1
    with pytest.raises(tweepy.Forbidden):
        await client.create_tweet(text="hello", user_auth=False)
    assert len(x.fake.violations) == 1
    x.fake.forgive()


async def test_the_same_text_again_is_forbidden(x: Stage, client: AsyncClient) -> None:
    await client.create_tweet(text="A new clip")

    with pytest.raises(tweepy.Forbidden) as caught:
        await client.create_tweet(text="A new clip")

    assert caught.value.api_messages == ["You are not allowed to create a Tweet with duplicate content."]
    assert len(x.fake.posts) == 1


async def test_a_429_says_when_the_window_ends(x: Stage, client: AsyncClient) -> None:
    x.fake.limits.by_route["GET /2/users/{id}/mentions"].user = 1
    await client.get_users_mentions(x.bot.id)

    with pytest.raises(tweepy.TooManyRequests) as caught:
        await client.get_users_mentions(x.bot.id)

    left_s = cast(int, caught.value.reset_time) - x.clock.now().timestamp()
    assert 899 <= left_s <= 901
    assert "Retry-After" not in caught.value.response.headers
    x.clock.advance(left_s)
    x.grant.expires_at = x.clock.now().replace(year=2100)
    assert (await client.get_users_mentions(x.bot.id)).meta["result_count"] == 0


async def test_a_page_of_html_instead_of_an_answer(x: Stage, client: AsyncClient) -> None:
    x.fake.faults.plan("POST /2/tweets", Fault.HTML_503)

    with pytest.raises(aiohttp.ContentTypeError):
        await client.create_tweet(text="hello")

    assert x.fake.posts == []


async def test_a_video_is_uploaded_and_posted(x: Stage, client: AsyncClient) -> None:
    x.fake.uploads.looks_inside = False
    data = bytes(range(256)) * 4

    media_id = await x.begin(len(data), media_type="video/mp4", category="tweet_video")
    await x.append(media_id, 0, data[:1000])
    await x.append(media_id, 1, data[1000:])
    finalized = await x.finalize(media_id)
    assert finalized.body["data"]["processing_info"] == {"state": "pending", "check_after_secs": 5}
    x.clock.advance(5)
    status = await x.ask("GET", f"/2/media/upload?command=STATUS&media_id={media_id}")
    assert status.body["data"]["processing_info"]["state"] == "succeeded"
    await client.create_tweet(text="A new clip", media_ids=[media_id], user_auth=False)

    (post,) = x.fake.posts
    assert [one.data for one in post.media] == [data]
    assert x.fake.media[media_id].data == data


async def test_sign_in_with_pkce_then_refresh(x: Stage) -> None:
    verifier, callback = "v" * 50, "https://clipnet.example/callback"
    asked = {
        "response_type": "code",
        "client_id": "client-id",
        "redirect_uri": callback,
        "scope": "tweet.read tweet.write users.read media.write offline.access",
        "state": "xyz",
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    redirect = x.fake.authorize(x.ann, f"https://x.com/i/oauth2/authorize?{urlencode(asked)}")
    came = {name: values[0] for name, values in parse_qs(urlsplit(redirect).query).items()}
    assert redirect.startswith(callback)
    assert came["state"] == "xyz"

    redeem = {
        "grant_type": "authorization_code",
        "code": came["code"],
        "redirect_uri": callback,
        "code_verifier": verifier,
    }
    tokens = await _token(x, redeem)
    assert tokens["expires_in"] == 7200
    assert set(tokens["scope"].split()) == set(asked["scope"].split())

    client = AsyncClient(tokens["access_token"])
    client.session = x.session
    assert (await client.get_me(user_auth=False)).data.username == "ann"
    x.clock.advance(7200)
    with pytest.raises(tweepy.Unauthorized):
        await client.get_me(user_auth=False)
    renewed = await _token(x, {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    client.bearer_token = renewed["access_token"]
    assert (await client.get_me(user_auth=False)).data.username == "ann"
    assert renewed["refresh_token"] != tokens["refresh_token"]
    assert "error" in await _token(x, {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    assert x.fake.oauth2.reused == [tokens["refresh_token"]]


async def _token(x: Stage, form: dict[str, str]) -> dict[str, Any]:
    basic = aiohttp.encode_basic_auth("client-id", "client-secret")
    answer = await x.ask("POST", "/2/oauth2/token", data=form, headers={"Authorization": basic})
    return cast(dict[str, Any], answer.body)
