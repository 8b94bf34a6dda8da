"""Each way in which Discord can fail, met by the real client library or by raw requests."""

import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import discord
import pytest

from clipnet.clock import ManualClock, SystemClock
from tests.fakes.discord import FakeDiscord, Permission, posting
from tests.fakes.discord.pointing import pointed
from tests.fakes.discord_bot import START, Bot, clock_of, online
from tests.fakes.faults import Fault

SEND = "POST /api/v10/channels/{channel}/messages"


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    """A platform whose clock stands still, and which no client may have treated wrongly."""
    async with FakeDiscord(ManualClock(START)).serving() as serving:
        yield serving


Post = Callable[..., Any]


@pytest.fixture
async def post(fake: FakeDiscord) -> AsyncIterator[Post]:
    """Sends a message without a library: channel id and body to status, headers and answer."""
    headers = {"Authorization": f"Bot {fake.bot_token}", "User-Agent": "DiscordBot (https://example.com, 1)"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def send(channel: Any, **body: Any) -> tuple[int, Any, Any]:
            async with session.post(f"{fake.api_base}/channels/{channel.id}/messages", json=body) as response:
                return response.status, response.headers, json.loads(await response.read())

        yield send


async def test_a_window_is_used_up_and_opens_again(fake: FakeDiscord, post: Post) -> None:
    guild = fake.add_guild()
    one, other = guild.add_channel("one"), guild.add_channel("other")
    seen = [(await post(one, content="x"))[1]["X-RateLimit-Remaining"] for _ in range(5)]
    assert seen == ["4", "3", "2", "1", "0"]
    status, headers, body = await post(one, content="x")
    assert (status, body["global"], body["retry_after"]) == (429, False, 5.0)
    assert headers["Via"]
    assert headers["Retry-After"] == "5"
    assert (await post(other, content="x"))[0] == 200
    clock_of(fake).advance(5)
    assert (await post(one, content="x"))[0] == 200


async def test_everything_together_has_a_window_too(fake: FakeDiscord, post: Post) -> None:
    channel = fake.add_guild().add_channel("one")
    fake.limits.by_route, fake.limits.everything = {}, 2
    assert [(await post(channel, content="x"))[0] for _ in range(3)] == [200, 200, 429]


async def test_a_lost_answer_is_done_and_its_nonce_finds_it(fake: FakeDiscord, post: Post) -> None:
    channel = fake.add_guild().add_channel("one")
    fake.faults.plan(SEND, Fault.LOST)
    with pytest.raises(aiohttp.ClientError):
        await post(channel, content="made", nonce="clip-7", enforce_nonce=True)
    assert [one.content for one in fake.ledger.in_channel(channel)] == ["made"]
    status, _, body = await post(channel, content="made", nonce="clip-7", enforce_nonce=True)
    assert (status, body["id"]) == (200, fake.ledger.in_channel(channel)[0].id)
    clock_of(fake).advance(600)
    await post(channel, content="made", nonce="clip-7", enforce_nonce=True)
    assert len(fake.ledger.in_channel(channel)) == 2


async def test_a_dropped_or_failed_request_does_nothing(fake: FakeDiscord, post: Post) -> None:
    channel = fake.add_guild().add_channel("one")
    fake.faults.plan(SEND, Fault.DROP)
    with pytest.raises(aiohttp.ClientError):
        await post(channel, content="made")
    fake.faults.plan(SEND, Fault.SERVER_ERROR)
    status, _, body = await post(channel, content="made")
    assert (status, body) == (500, {"message": "500: Internal server error", "code": 0})
    assert fake.ledger.in_channel(channel) == []


async def test_the_library_waits_out_a_429_and_raises_a_503() -> None:
    async with FakeDiscord(SystemClock()).serving() as fake:
        channel = fake.add_guild().add_channel("one")
        async with online(fake) as bot:
            there = bot.get_partial_messageable(int(channel.id))
            fake.faults.plan(SEND, Fault.TOO_MANY, after_s=0.05)
            await there.send("after a while")
            assert [call.status for call in fake.calls(SEND)] == [429, 200]
            fake.faults.plan(SEND, Fault.HTML_503)
            with pytest.raises(discord.DiscordServerError):
                await there.send("never")
            fake.faults.plan(SEND, Fault.SLOW, after_s=0.01)
            await there.send("late")
        assert [one.content for one in fake.ledger.in_channel(channel)] == ["after a while", "late"]


async def test_a_large_file_goes_where_the_guild_is_boosted(fake: FakeDiscord) -> None:
    small, boosted = fake.add_guild().add_channel("small"), fake.add_guild("b", tier=2).add_channel("boosted")
    async with online(fake) as bot:
        film = bytes(10 * 1024**2 + 1)
        await bot.get_partial_messageable(int(boosted.id)).send(file=discord.File(io.BytesIO(film), "a.mp4"))
        assert fake.ledger.in_channel(boosted)[0].attachments[0].upload.size == len(film)
        with pytest.raises(discord.HTTPException) as refusal:
            await bot.get_partial_messageable(int(small.id)).send(file=discord.File(io.BytesIO(film), "a.mp4"))
    assert (refusal.value.status, refusal.value.code) == (413, 40005)
    fake.forgive()


@pytest.mark.parametrize(
    ("denied", "code"),
    [(Permission.VIEW_CHANNEL, 50001), (Permission.SEND_MESSAGES, 50013), (Permission.EMBED_LINKS, 50013)],
)
async def test_what_the_bot_may_not_do_is_forbidden(
    fake: FakeDiscord, post: Post, denied: Permission, code: int
) -> None:
    channel = fake.add_guild().add_channel("one", deny=denied)
    status, _, body = await post(channel, embeds=[{"title": "t"}])
    assert (status, body["code"]) == (403, code)


async def test_whom_a_message_pings(fake: FakeDiscord, post: Post) -> None:
    guild = fake.add_guild(bot_permissions=Permission.MENTION_EVERYONE)
    channel, ann = guild.add_channel("one"), guild.add_member("Ann")
    text = f"@everyone {ann.user.mention}"
    await post(channel, content=text)
    await post(channel, content=text, allowed_mentions={"parse": []})
    await post(channel, content=text, allowed_mentions={"users": [ann.id]})
    loud, quiet, one = fake.ledger.in_channel(channel)
    assert (loud.pings.everyone, set(loud.pings.users)) == (True, {ann.id})
    assert not quiet.pings
    assert (one.pings.everyone, set(one.pings.users)) == (False, {ann.id})


async def test_the_day_has_200_new_commands(fake: FakeDiscord) -> None:
    fake.limits.off()
    one: Any = {"name": "one", "description": "d"}
    async with online(fake) as bot:
        for round_ in range(2):
            named: Any = [{"name": f"c{round_}-{n}", "description": "d"} for n in range(99)]
            await bot.http.bulk_upsert_global_commands(int(fake.application_id), named)
        with pytest.raises(discord.HTTPException) as refusal:
            await bot.http.upsert_global_command(int(fake.application_id), one)
        assert refusal.value.code == 30034
        clock_of(fake).advance(86_400)
        await bot.http.upsert_global_command(int(fake.application_id), one)


async def test_a_dropped_session_resumes_with_what_it_missed(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        for breaks in (fake.gateway.drop, fake.gateway.reconnect):
            before = fake.gateway.resumes
            breaks()
            await fake.pulse.until(lambda: not fake.gateway.connected)
            await fake.say(ann, channel, "meanwhile")
            assert (await bot.hear()).content == "meanwhile"
            assert fake.gateway.resumes == before + 1
    assert fake.gateway.identifies == 1


async def test_a_session_outlives_all_but_a_goodbye(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        fake.gateway.invalidate(resumable=True)
        await fake.pulse.until(lambda: fake.gateway.resumes)
        await fake.gateway.hang_up(4000)
        await fake.say(ann, channel, "still here")
        assert (await bot.hear()).content == "still here"
        assert fake.gateway.resumes == 2
    assert fake.gateway.codes == [4000]
    assert fake.gateway.identifies == 1


async def test_events_come_twice_and_in_the_wrong_order(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        fake.gateway.duplicate()
        await fake.slash(ann, channel, "clip", {"source": "x"})
        assert (await bot.meet()).id == (await bot.meet()).id
        fake.gateway.swap()
        await fake.say(ann, channel, "first")
        await fake.say(ann, channel, "second")
        assert [(await bot.hear()).content, (await bot.hear()).content] == ["second", "first"]


async def test_a_zombie_is_left_and_resumed(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    fake.gateway.heartbeat_s = 0.5
    async with online(fake, Bot(heartbeat_timeout=1.5)) as bot:
        fake.gateway.freeze()
        await fake.say(ann, channel, "unheard")
        assert (await bot.hear()).content == "unheard"
    assert fake.gateway.resumes >= 1


class Socket:
    """A client of the gateway that says what the test tells it to."""

    def __init__(self, fake: FakeDiscord, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.fake = fake
        self._socket = socket

    async def identify(self, **changes: Any) -> None:
        """Begin a session."""
        properties = {"os": "linux", "browser": "raw", "device": "raw"}
        data = {"token": self.fake.bot_token, "intents": 1 << 9, "properties": properties}
        await self.send(2, data | changes)

    async def send(self, op: int, data: Any) -> None:
        """One frame."""
        await self._socket.send_json({"op": op, "d": data})

    async def goodbye(self) -> None:
        """Close for good."""
        await self._socket.close(code=1000)

    async def closed(self) -> int | None:
        """The code with which the server ends, whatever it says before."""
        async for _ in self._socket:
            pass
        return self._socket.close_code

    async def until(self, op: int, event: str | None = None) -> Any:
        """The next frame of that kind."""
        async for message in self._socket:
            frame = json.loads(message.data)
            if frame["op"] == op and (event is None or frame["t"] == event):
                return frame
        raise AssertionError(f"closed with {self._socket.close_code}")


@pytest.fixture
async def socket(fake: FakeDiscord) -> AsyncIterator[Socket]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(fake.gateway_url + "?v=10&encoding=json") as opened,
    ):
        yield Socket(fake, opened)


@pytest.mark.parametrize(
    ("changes", "code", "violated"),
    [
        ({"token": "wrong"}, 4004, False),
        ({"intents": 1 << 60}, 4013, True),
        ({"intents": "all"}, 4013, True),
        ({"intents": 1 << 8}, 4014, False),
    ],
)
async def test_a_bad_identify_closes(
    fake: FakeDiscord, socket: Socket, changes: dict[str, Any], code: int, violated: bool
) -> None:
    await socket.identify(**changes)
    assert await socket.closed() == code
    assert bool(fake.violations) is violated
    fake.forgive()


async def test_identifying_twice_or_asking_before_closes(fake: FakeDiscord, socket: Socket) -> None:
    await socket.identify()
    await socket.identify()
    assert await socket.closed() == 4005
    async with aiohttp.ClientSession() as session, session.ws_connect(fake.gateway_url) as opened:
        early = Socket(fake, opened)
        await early.send(8, {"guild_id": "1", "query": "", "limit": 0})
        assert await early.closed() == 4003
    assert len(fake.violations) == 2
    fake.forgive()


async def test_sessions_begun_too_fast_are_invalid(fake: FakeDiscord, socket: Socket) -> None:
    await socket.identify()
    await socket.until(0, "READY")
    async with aiohttp.ClientSession() as session, session.ws_connect(fake.gateway_url) as opened:
        second = Socket(fake, opened)
        await second.identify()
        assert (await second.until(9))["d"] is False
        clock_of(fake).advance(5)
        await second.identify()
        await second.until(0, "READY")
    assert fake.gateway.identifies == 3


async def test_who_does_not_beat_is_closed(fake: FakeDiscord) -> None:
    fake.gateway.heartbeat_s = 0.05
    async with aiohttp.ClientSession() as session, session.ws_connect(fake.gateway_url) as opened:
        assert await Socket(fake, opened).closed() == 4009


async def test_a_goodbye_ends_the_session(fake: FakeDiscord, socket: Socket) -> None:
    await socket.identify()
    await socket.until(0, "READY")
    await socket.goodbye()
    await fake.pulse.until(lambda: not fake.gateway.sessions)


async def test_an_unknown_session_can_not_be_resumed(fake: FakeDiscord, socket: Socket) -> None:
    await socket.send(6, {"token": fake.bot_token, "session_id": "gone", "seq": 3})
    assert (await socket.until(9))["d"] is False


async def test_a_token_in_the_wrong_place_is_noted(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    fake.ledger.commands[None] = {"1": {"id": "1", "name": "clip", "type": 1}}
    handle = await fake.slash(ann, channel, "clip")
    url = f"{fake.api_base}/interactions/{handle.id}/{handle.token}/callback"
    headers = {"Authorization": f"Bot {fake.bot_token}"}
    async with aiohttp.ClientSession() as session, session.post(url, json={"type": 5}, headers=headers) as response:
        assert response.status == 204
    assert "carries Authorization" in fake.violations.pop()


async def test_a_message_of_nobody_is_unknown(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel = guild.add_channel("clips")
    gone = posting.send(fake, channel, fake.bot, {"content": "x"})
    posting.delete(fake, gone)
    async with online(fake) as bot:
        there = bot.get_partial_messageable(int(channel.id))
        with pytest.raises(discord.NotFound) as message:
            await there.get_partial_message(int(gone.id)).edit(content="y")
        with pytest.raises(discord.NotFound) as place:
            await bot.get_partial_messageable(5).send("x")
    assert (message.value.code, place.value.code) == (10008, 10003)
    assert fake.ledger.in_channel(channel, deleted=True) == [gone]


async def test_a_wrong_token_can_not_log_in(fake: FakeDiscord) -> None:
    fake.bot_token, right = "other", fake.bot_token
    client = Bot()
    with pointed(fake), pytest.raises(discord.LoginFailure):
        await client.login(right)
    await client.close()
