"""The fake Twitch under the real client library."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import twitchio
from twitchio import eventsub
from twitchio.ext import commands

from clipnet.clock import SystemClock
from tests.fakes.server import PATIENCE_S
from tests.fakes.twitch import Channel, FakeTwitch, Token, User
from tests.fakes.twitch.client import pointed_at

BOT_SCOPES = ("user:read:chat", "user:write:chat", "user:bot", "clips:edit")


class Client(commands.Bot):
    """A bot with one command, which notes what it was told."""

    def __init__(self, fake: FakeTwitch, bot: User, token: Token) -> None:
        super().__init__(client_id=fake.client_id, client_secret=fake.client_secret, bot_id=bot.id, prefix="!")
        self._token = token
        self.told: list[tuple[str, Any]] = []
        self._news = asyncio.Event()

    async def load_tokens(self, path: str | None = None) -> None:
        """Tokens come from the test."""

    async def save_tokens(self, path: str | None = None) -> None:
        """Tokens are not kept."""

    async def setup_hook(self) -> None:
        """Log in as the bot."""
        await self.add_token(self._token.access, self._token.refresh)

    def tell(self, what: str, payload: Any) -> None:
        """Note an event."""
        self.told.append((what, payload))
        self._news.set()

    async def hear(self, what: str, count: int = 1) -> list[Any]:
        """Wait until an event of that name came `count` times."""
        async with asyncio.timeout(PATIENCE_S):
            while len(found := [payload for name, payload in self.told if name == what]) < count:
                self._news.clear()
                await self._news.wait()
        return found

    async def event_message(self, payload: twitchio.ChatMessage) -> None:
        """Chat."""
        self.tell("message", payload)
        await super().event_message(payload)

    async def event_token_refreshed(self, payload: twitchio.TokenRefreshedPayload) -> None:
        """A token was renewed."""
        self.tell("refreshed", payload)

    async def event_subscription_revoked(self, payload: Any) -> None:
        """A subscription ended."""
        self.tell("revoked", payload)

    async def event_websocket_closed(self, payload: Any) -> None:
        """A socket ended."""
        self.tell("closed", payload)

    async def event_stream_online(self, payload: Any) -> None:
        """A broadcast began."""
        self.tell("online", payload)

    async def event_ban(self, payload: Any) -> None:
        """A ban."""
        self.tell("ban", payload)

    async def event_message_delete(self, payload: Any) -> None:
        """A message went."""
        self.tell("deleted", payload)


class Stage:
    """A fake Twitch, a channel, and a bot that is moderator there."""

    def __init__(self, fake: FakeTwitch, channel: Channel, bot: User, token: Token) -> None:
        self.fake = fake
        self.channel = channel
        self.bot = bot
        self.token = token
        self.fan = fake.add_user("Fan")

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """A started client that reads the channel's chat."""
        client = Client(self.fake, self.bot, self.token)
        running = asyncio.create_task(client.start(with_adapter=False))
        try:
            await client.wait_until_ready()
            await client.subscribe_websocket(self.chat(), as_bot=True)
            yield client
        finally:
            await client.close(save_tokens=False)
            await running

    def chat(self) -> eventsub.ChatMessageSubscription:
        """The subscription to the channel's chat."""
        ids = {"broadcaster_user_id": self.channel.id, "user_id": self.bot.id}
        subscription: eventsub.ChatMessageSubscription = eventsub.ChatMessageSubscription(**ids)
        return subscription


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A stage whose fake has to end without a violation."""
    fake = FakeTwitch(SystemClock())
    async with fake.serving():
        with pointed_at(fake):
            channel = fake.add_channel("Streamer", live=True)
            bot = fake.add_user("ClipBot", moderator_of=[channel])
            yield Stage(fake, channel, bot, fake.issue_token(bot, *BOT_SCOPES))


async def test_a_chat_command_is_heard_and_answered(stage: Stage) -> None:
    async with stage.client() as client:
        asked = await stage.fake.chat(stage.fan, stage.channel, "!clip that", badges=["subscriber"])
        heard = (await client.hear("message"))[0]
        assert (heard.chatter.subscriber, heard.chatter.moderator) == (True, False)
        assert (heard.text, heard.chatter.id, heard.id) == ("!clip that", stage.fan.id, asked.id)
        await heard.broadcaster.send_message("on it", sender=stage.bot.id, reply_to_message_id=asked.id)
        said = await stage.fake.heard(stage.channel)
    assert [(message.text, message.user.login, message.reply_to) for message in said] == [("on it", "clipbot", asked)]


async def test_the_bot_hears_itself_only_beneath_the_library(stage: Stage) -> None:
    """The library runs commands by `event_message`; the fake echoes as Twitch does, so who overrides it must look."""
    async with stage.client() as client:
        await client.create_partialuser(stage.channel.id).send_message("!clip", sender=stage.bot.id)
        heard = (await client.hear("message"))[0]
    assert heard.chatter.id == stage.bot.id
    assert [message.text for message in stage.fake.said(stage.channel)] == ["!clip"]


async def test_a_reply_is_told_with_its_parent_and_a_shared_chat_with_its_source(stage: Stage) -> None:
    other = stage.fake.add_channel("Guest", live=True)
    async with stage.client() as client:
        first = await stage.fake.chat(stage.fan, stage.channel, "look")
        await stage.fake.chat(stage.fan, stage.channel, "!clip", reply_to=first)
        shared = await stage.fake.chat(
            stage.fan, stage.channel, "Kappa !clip", source_channel=other, emotes={"Kappa": "25"}
        )
        plain, reply, copy = await client.hear("message", 3)
    assert plain.reply is None
    assert reply.reply.parent_message_id == first.id
    assert copy.source_broadcaster.id == other.id
    assert copy.source_id == shared.source.id if shared.source else False
    assert [emote.id for emote in copy.emotes] == ["25"]


async def test_a_token_near_its_end_is_renewed_and_its_refresh_token_used_up(stage: Stage) -> None:
    stage.token = stage.fake.issue_token(stage.bot, *BOT_SCOPES, expires_in_s=1800)
    async with stage.client() as client:
        renewed = (await client.hear("refreshed"))[0]
        assert stage.fake.tokens.find(renewed.token)
    assert renewed.refresh_token not in {"", stage.token.refresh}
    assert stage.fake.tokens.renew(stage.token.refresh) is None


async def test_a_token_that_expires_mid_flight_is_renewed_once(stage: Stage) -> None:
    async with stage.client() as client:
        stage.token.expires_at = stage.fake.now()
        clip = await client.create_partialuser(stage.channel.id).create_clip(token_for=stage.bot.id)
        await client.hear("refreshed")
    assert [made.id for made in stage.fake.clips] == [clip.id]


async def test_a_reconnect_moves_the_subscriptions_without_asking_again(stage: Stage) -> None:
    async with stage.client() as client:
        old = stage.fake.sockets.of(stage.bot.id)[0]
        await stage.fake.sockets.reconnect()
        await stage.fake.until(lambda: not old.open)
        await stage.fake.chat(stage.fan, stage.channel, "still there?")
        await client.hear("message")
    assert len(stage.fake.calls("POST /helix/eventsub/subscriptions")) == 1
    assert len(stage.fake.bus.subscriptions) == 1


async def test_a_cut_connection_is_made_again_with_its_subscriptions(stage: Stage) -> None:
    async with stage.client() as client:
        old = stage.fake.sockets.of(stage.bot.id)[0]
        stage.fake.sockets.drop()
        await stage.fake.until(lambda: not old.open)
        await stage.fake.subscribed("channel.chat.message", stage.channel)
        await stage.fake.chat(stage.fan, stage.channel, "back")
        await client.hear("message")
        assert [entry.status for entry in stage.fake.bus.subscriptions] == ["websocket_disconnected", "enabled"]


async def test_a_revocation_ends_the_subscription_and_the_socket(stage: Stage) -> None:
    async with stage.client() as client:
        await stage.fake.revoke(stage.bot)
        revoked = (await client.hear("revoked"))[0]
        await client.hear("closed")
    assert revoked.status.value == "authorization_revoked"
    assert stage.fake.tokens.find(stage.token.access) is None


async def test_a_banned_bot_loses_its_chat(stage: Stage) -> None:
    async with stage.client() as client:
        await stage.fake.ban(stage.channel, stage.bot)
        assert (await client.hear("revoked"))[0].status.value == "chat_user_banned"


async def test_a_clip_is_made_and_listed_some_polls_later(stage: Stage) -> None:
    stage.fake.channels.clip_polls = 2
    async with stage.client() as client:
        made = await client.create_partialuser(stage.channel.id).create_clip(
            token_for=stage.bot.id, duration=45, title="That jump"
        )
        polls = [[clip.id async for clip in client.fetch_clips(clip_ids=[made.id])] for _ in range(3)]
    assert polls == [[], [], [made.id]]
    assert [(clip.title, clip.duration_s, clip.creator.id) for clip in stage.fake.clips] == [
        ("That jump", 45.0, stage.bot.id)
    ]


async def test_a_clip_that_fails_is_never_listed(stage: Stage) -> None:
    stage.fake.channels.failing_clips = 1
    async with stage.client() as client:
        user = client.create_partialuser(stage.channel.id)
        first, second = [await user.create_clip(token_for=stage.bot.id) for _ in range(2)]
        for _ in range(3):
            listed = [clip.id async for clip in client.fetch_clips(clip_ids=[first.id, second.id])]
    assert listed == [second.id]


async def test_messages_beyond_the_rate_are_dropped_with_a_reason(stage: Stage) -> None:
    stage.fake.channel_of(stage.channel).moderators.clear()
    stage.fake.issue_token(stage.channel.user, "channel:bot")
    stage.fake.chats.apart_s = 29  # less than the time in which a message may not be repeated
    async with stage.client() as client:
        user = client.create_partialuser(stage.channel.id)
        await user.send_message("once", sender=stage.bot.id)
        with pytest.raises(twitchio.MessageRejectedError) as rejected:
            await user.send_message("once", sender=stage.bot.id)
        assert rejected.value.code == "msg_duplicate"
        with pytest.raises(twitchio.MessageRejectedError) as rejected:
            await user.send_message("twice", sender=stage.bot.id)
    assert rejected.value.code == "msg_ratelimit"
    assert [message.text for message in stage.fake.said(stage.channel)] == ["once"]
    assert [drop.code for drop in stage.fake.dropped] == ["msg_duplicate", "msg_ratelimit"]


async def test_deletions_bans_and_streams_are_told(stage: Stage) -> None:
    owner = stage.fake.issue_token(stage.channel.user, "channel:moderate")
    ids = {"broadcaster_user_id": stage.channel.id}
    async with stage.client() as client:
        await client.add_token(owner.access, owner.refresh)
        await client.subscribe_websocket(eventsub.ChannelBanSubscription(**ids), token_for=stage.channel.id)
        await client.subscribe_websocket(eventsub.StreamOnlineSubscription(**ids), as_bot=True)
        gone = eventsub.ChatMessageDeleteSubscription(**ids, user_id=stage.bot.id)
        await client.subscribe_websocket(gone, as_bot=True)
        message = await stage.fake.chat(stage.fan, stage.channel, "!clip")
        await stage.fake.delete_message(message)
        await stage.fake.ban(stage.channel, stage.fan, reason="spam", for_s=600)
        await stage.fake.go_live(stage.channel)
        deleted, ban, online = [(await client.hear(what))[0] for what in ("deleted", "ban", "online")]
    assert deleted.message_id == message.id
    assert (ban.user.id, ban.reason, ban.permanent) == (stage.fan.id, "spam", False)
    assert online.broadcaster.id == stage.channel.id


async def test_the_device_flow_waits_for_its_person(stage: Stage) -> None:
    stage.fake.identity.device_interval_s = 0
    client = twitchio.Client(client_id=stage.fake.client_id, client_secret=stage.fake.client_secret)
    scopes = twitchio.Scopes(["user:read:chat", "user:write:chat"])
    http = client._http
    try:
        asked = await http.device_code_flow(scopes=scopes)
        waiting = asyncio.create_task(
            http.device_code_authorization(scopes=scopes, device_code=asked["device_code"], interval=0)
        )
        await stage.fake.until(lambda: bool(stage.fake.calls("POST /id/oauth2/token")))
        stage.fake.approve_device(asked["user_code"], stage.fan)
        got = await waiting
        with pytest.raises(twitchio.DeviceCodeFlowException):
            await http.device_code_authorization(scopes=scopes, device_code=asked["device_code"], interval=0)
    finally:
        await client.close(save_tokens=False)
    token = stage.fake.tokens.find(got["access_token"])
    assert token is not None
    assert (token.user, set(token.scopes)) == (stage.fan, {"user:read:chat", "user:write:chat"})


async def test_a_duplicate_runs_a_command_twice_unless_somebody_looks_at_its_id(stage: Stage) -> None:
    stage.fake.bus.duplicate()
    async with stage.client() as client:
        await stage.fake.chat(stage.fan, stage.channel, "!clip")
        first, second = await client.hear("message", 2)
    assert first.id == second.id
    assert stage.fake.bus.sent[0].id == stage.fake.bus.sent[1].id


async def test_notifications_can_come_out_of_order(stage: Stage) -> None:
    stage.fake.bus.reorder(2)
    async with stage.client() as client:
        await stage.fake.chat(stage.fan, stage.channel, "first")
        await stage.fake.chat(stage.fan, stage.channel, "second")
        assert [message.text for message in await client.hear("message", 2)] == ["second", "first"]
