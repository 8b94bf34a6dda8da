"""One request, asked on every surface, is one and the same piece of work; what isn't a request is none anywhere.

The canonical form of a job, which has to be equal wherever it was asked for: its kind, version and lane, the kind and
origin of the source, and the wishes. What may differ is who asked, where, and the ids of rows.
"""

import json
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession

from bot.adapters import console
from bot.answer import Answer
from bot.context import Services
from bot.router import Router
from clipnet.settings import load_settings
from db.pool import open_pool
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import open_redis
from tests.e2e.platforms import Town
from tests.fakes.discord import Forgery
from tests.fakes.x import Post
from web.serve import make_router

pytestmark = pytest.mark.timeout(300)

LINK = "https://example.org/talk.mp4"
RANGE = "0:05-0:15"
CHAT = "channel.chat.message"
MENTIONS = "GET /2/users/{id}/mentions"
CALLBACK = "POST /api/v10/interactions/{interaction}/{token}/callback"
HOOKS = {"DISCORD_TRANSPORT": "http", "TWITCH_TRANSPORT": "webhook", "X_TRANSPORT": "webhook"}
SOCKETS: dict[str, str] = {}
both = pytest.mark.parametrize("more", [SOCKETS, HOOKS], ids=["sockets", "hooks"])
by_hooks = pytest.mark.parametrize("more", [HOOKS], ids=["hooks"])


@pytest.fixture
async def terminal(town: Town) -> AsyncIterator[Router]:
    """The router of a console beside the api."""
    settings = load_settings(town.environ | {"CLIPNET_ROLE": "api"}, folder=town.folder)
    pool, redis = await open_pool(settings.database.url, env="test"), open_redis(settings.redis.url)
    yield make_router(Services(settings, Queue(pool, redis, prefix=settings.redis.prefix)))
    await redis.aclose()
    await pool.close()


async def typed(terminal: Router, words: str) -> Answer:
    """What the console is answered."""
    answer = await terminal.handle(console.invocation(words, local=True))
    assert answer is not None
    return answer


async def listening(town: Town, more: dict[str, str]) -> None:
    """The api up, and told of everything, by sockets or by its own door."""
    await town.open("twitch", "x", "discord")
    if more:
        assert await town.discord.set_endpoint(f"{town.address}/hooks/discord")


async def mentioned(town: Town, words: str, *, times: int = 1) -> Post:
    """Ann mentions the bot; X tells of it where it was asked to."""
    post = town.x.post(town.x_ann, f"@clipnet {words}")
    if town.environ.get("X_TRANSPORT") == "webhook":
        assert set(await town.x.deliver(post, times=times)) == {200}
    return post


async def heard(town: Town, post: Post) -> None:
    """Wait until a mention, and everything before it, was handled."""
    if town.environ.get("X_TRANSPORT") == "webhook":
        await town.holds("select count(*) = 0 from deliveries where done_at is null")
    else:
        await town.holds("select value::bigint >= $1 from cursors where name like 'x:mentions:%'", int(post.id))


async def heard_on_twitch(town: Town) -> None:
    """Wait until everything that was said on Twitch so far was handled."""
    await town.twitch.settled()
    if town.environ.get("TWITCH_TRANSPORT") == "webhook":
        await town.holds("select count(*) = 0 from deliveries where done_at is null")
        return
    before = len(town.twitch.said(town.stream))
    # A channel's lines are taken in turn.
    await town.twitch.chat(town.twitch.add_user("Newcomer"), town.stream, "!help")
    await town.twitch.heard(town.stream, before + 1)


async def asked_anew(town: Town) -> None:
    """X tells of every mention once more: the adapter has forgotten how far it was."""
    looks = len(town.x.calls(MENTIONS))
    # What the look that is under way found out must not be written down behind ours.
    await town.until(lambda: len(town.x.calls(MENTIONS)) >= looks + 2)
    await town.conn.execute("update cursors set value = '1' where name like 'x:mentions:%'")


async def canonical(town: Town) -> dict[str, dict[str, Any]]:
    """Every job by the surface that it was asked on, in its canonical form; with a number where there are several."""
    rows = await town.conn.fetch(
        """
        select r.place ->> 'platform' as surface, j.kind, j.version, j.lane,
               (j.payload - 'request_id')::text as payload, s.kind as source, s.origin, r.options::text as options
        from jobs j join requests r on r.id = j.request_id join sources s on s.id = r.source_id
        where j.kind = 'clip:process' order by j.id
        """
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        job = dict(row)
        name = job.pop("surface")
        job["options"], job["payload"] = json.loads(job["options"]), json.loads(job["payload"])
        found[name if name not in found else f"{name} {len(found)}"] = job
    return found


@both
@pytest.mark.req("R-014", "positive")
@pytest.mark.req("R-061", "positive")
async def test_the_same_request_is_the_same_job_wherever_it_is_asked(
    town: Town, terminal: Router, more: dict[str, str]
) -> None:
    await listening(town, more)

    slash = await town.discord.slash(town.ann, town.talk, "clip", {"source": LINK})
    slash_answer = await slash.says("On it")
    message = await town.discord.say(town.bob, town.talk, f"look at {LINK}")
    menu = await town.discord.context_menu(town.ann, town.talk, "Clip this", message)
    menu_answer = await menu.says("On it")
    asked = await town.twitch.chat(town.fan, town.stream, f"!clip {LINK}")
    (said,) = await town.twitch.heard(town.stream)
    await mentioned(town, f"clip {LINK}")
    status, body = await town.ask("clip", source=LINK)
    shown = await typed(terminal, f"clip {LINK}")
    await town.holds("select count(*) = 6 from jobs where kind = 'clip:process'")

    jobs = await canonical(town)
    assert len(jobs) == 6
    assert {name.split(" ")[0] for name in jobs} == {"discord", "twitch", "x", "web", "console"}
    first, *others = jobs.values()
    assert others == [first] * 5
    assert (first["kind"], first["source"], first["origin"]) == ("clip:process", "url", LINK)

    in_channel = [one.id for one in town.discord.ledger.in_channel(town.talk)]
    assert in_channel == [slash_answer.id, message.id, menu_answer.id]
    assert said.reply_to is asked
    assert (status, body["state"]) == (202, "queued")
    assert shown.reply.text.startswith("On it")
    assert [post for post in town.x.posts if post.author is town.x_bot] == []  # X hears of the end alone


@both
async def test_wishes_are_the_same_wherever_they_are_made(town: Town, terminal: Router, more: dict[str, str]) -> None:
    await listening(town, more)

    options = {"source": LINK, "range": RANGE, "aspect": "1:1", "no-captions": True, "alone": True}
    handle = await town.discord.slash(town.ann, town.talk, "clip", options)
    await handle.says("On it")
    words = f"clip {LINK} {RANGE} --aspect 1:1 --no-captions --alone"
    await town.twitch.chat(town.fan, town.stream, f"!{words}")
    await mentioned(town, words)
    assert (await town.ask("clip", **options))[0] == 202
    assert (await typed(terminal, words)).problem is None
    await town.holds("select count(*) = 5 from jobs where kind = 'clip:process'")

    first, *others = (await canonical(town)).values()
    assert others == [first] * 4
    assert first["options"]["aspect"] == "1:1"
    assert (first["options"]["start_s"], first["options"]["end_s"]) == (5, 15)
    assert first["options"]["captions"] is False


@both
@pytest.mark.req("R-014", "negative")
async def test_unknown_commands_and_missing_rights_are_no_jobs(
    town: Town, terminal: Router, more: dict[str, str]
) -> None:
    await listening(town, more)
    await town.decide(who_clips="moderators")

    refused = await town.discord.slash(town.ann, town.talk, "clip", {"source": LINK})
    assert (await refused.says("Only moderators")).ephemeral
    commands = town.discord.ledger.commands[None]
    commands["9"] = {
        **town.discord.ledger.command("clip", None),
        "id": "9",
        "name": "klip",
    }  # as an old client shows it
    unknown = await town.discord.slash(town.ann, town.talk, "klip", {"source": LINK})
    assert (await unknown.answered()).ephemeral
    await town.discord.say(town.ann, town.talk, f"!klip {LINK}")
    await town.twitch.chat(town.fan, town.stream, f"!clip {LINK}")
    await town.twitch.chat(town.fan, town.stream, f"!klip {LINK}")
    await mentioned(town, f"clip {LINK}")
    await heard(town, await mentioned(town, f"klip {LINK}"))
    assert [one.text for one in await town.twitch.heard(town.stream)] == ["Only moderators ask for clips here."]
    assert (await town.ask("klip", source=LINK))[0] == 404
    assert (await typed(terminal, f"klip {LINK}")).problem is not None
    for headers in ({}, {"Authorization": "Bearer " + "x" * 43}):
        assert await posted(town, "/api/v1/clip", json.dumps({"source": LINK}).encode(), headers) == 401

    await town.decide(who_clips="everyone")
    await town.twitch.chat(town.fan, town.stream, f"!clip {LINK}?last")
    await mentioned(town, f"clip {LINK}?last")
    await town.holds("select count(*) >= 2 from jobs where kind = 'clip:process'")
    assert {job["origin"] for job in (await canonical(town)).values()} == {f"{LINK}?last"}
    assert await town.jobs() == 2


@both
@pytest.mark.req("R-014", "negative")
async def test_what_comes_twice_is_one_job(town: Town, more: dict[str, str]) -> None:
    await listening(town, more)

    if not more:
        town.discord.gateway.duplicate()
    slash = await town.discord.slash(town.ann, town.talk, "clip", {"source": f"{LINK}?discord"})
    await slash.says("On it")
    if more:
        assert await town.discord.post_again(slash) == 200
    else:
        await town.until(lambda: len(town.discord.calls(CALLBACK)) == 2)
    town.twitch.bus.duplicate()
    await town.twitch.chat(town.fan, town.stream, f"!clip {LINK}?twitch")
    await town.twitch.heard(town.stream)
    await heard_on_twitch(town)
    await heard(town, await mentioned(town, f"clip {LINK}?x", times=2))
    if not more:
        await asked_anew(town)
    headers = {"Authorization": f"Bearer {town.token}", "Idempotency-Key": str(uuid4())}
    async with ClientSession(town.address, headers=headers) as client:
        for _ in range(2):
            async with client.post("/api/v1/clip", json={"source": f"{LINK}?web"}) as response:
                assert response.status == 202

    await heard(town, await mentioned(town, f"clip {LINK}?last"))
    origins = [job["origin"].partition("?")[2] for job in (await canonical(town)).values()]
    assert sorted(origins) == ["discord", "last", "twitch", "web", "x"]
    town.discord.forgive()  # the second callback of the duplicate is what 40060 is for


@by_hooks
@pytest.mark.req("R-014", "negative")
@pytest.mark.req("R-061", "negative")
async def test_forged_and_stale_events_are_refused_and_no_jobs(town: Town, more: dict[str, str]) -> None:
    await listening(town, more)
    slash = await town.discord.slash(town.ann, town.talk, "clip", {"source": f"{LINK}?genuine"})
    await slash.says("On it")
    for forgery in Forgery:
        assert await town.discord.post_again(slash, forgery) == 401
    assert await stale(town, slash.payload | {"id": town.discord.snowflake()}) == 401

    await town.twitch.chat(town.fan, town.stream, f"!clip {LINK}?twitch")
    await town.twitch.heard(town.stream)
    subscription = town.twitch.webhook(CHAT, town.stream)
    event = next(notice.event for notice in town.twitch.bus.sent if notice.subscription.kind == CHAT)
    for how in ("signature", "timestamp", "no signature"):
        forged = {**event, "message_id": str(uuid4())}
        assert await town.twitch.hooks.forge(subscription, how, forged) == 403

    post = town.x.post(town.x_ann, f"@clipnet clip {LINK}?x")
    assert await town.x.deliver(post, signed="wrong") == [401]
    assert await town.x.deliver(post, signed="missing") == [401]
    await heard(town, await mentioned(town, f"clip {LINK}?last"))
    origins = [job["origin"].partition("?")[2] for job in (await canonical(town)).values()]
    assert origins == ["genuine", "twitch", "last"]


async def stale(town: Town, payload: dict[str, Any]) -> int:
    """An interaction as Discord signed it an hour ago."""
    body, stamp = json.dumps(payload).encode(), str(int(time.time()) - 3600)
    headers = {
        "Content-Type": "application/json",
        "X-Signature-Timestamp": stamp,
        "X-Signature-Ed25519": town.discord.signing_key.sign(stamp.encode() + body).hex(),
    }
    return await posted(town, "/hooks/discord", body, headers)


async def posted(town: Town, path: str, body: bytes, headers: dict[str, str]) -> int:
    """The status that some JSON is answered with."""
    headers = {"Content-Type": "application/json", **headers}
    async with ClientSession(town.address, headers=headers) as client, client.post(path, data=body) as response:
        return response.status
