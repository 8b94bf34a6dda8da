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
from tests.fakes.twitch import Channel, FakeTwitch, Token, User
from tests.fakes.twitch.client import pointed_at

BOT_SCOPES = ("user:read:chat", "user:write:chat", "user:bot", "clips:edit")


class Client(commands.Bot):
    """A bot with one command, which notes what it was told."""

    def __init__(self, fake: FakeTwitch, bot: User, token: Token) -> None:
        super().__init__(
            client_id=fake.client_id, client_secret=fake.client_secret, bot_id=bot.id, prefix="!", load_tokens=False
        )
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
        async with asyncio.timeout(5):
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

    def chat(self) -> eventsub.SubscriptionPayload:
        """The subscription to the channel's chat."""
        return eventsub.ChatMessageSubscription(broadcaster_user_id=self.channel.id, user_id=self.bot.id)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """A stage whose fake has to end without a violation."""
    fake = FakeTwitch(SystemClock())
    async with fake.serving():
        with pointed_at(fake):
            channel = fake.add_channel("Streamer", live=True)
            bot = fake.add_user("ClipBot", moderator_of=[channel])
            yield Stage(fake, channel, bot, fake.issue_token(bot, *BOT_SCOPES))
    fake.assert_clean()


async def test_a_chat_command_is_heard_and_answered(stage: Stage) -> None:
    async with stage.client() as client:
        asked = await stage.fake.chat(stage.fan, stage.channel, "!clip that")
        heard = (await client.hear("message"))[0]
        assert (heard.text, heard.chatter.id, heard.id) == ("!clip that", stage.fan.id, asked.id)
        await heard.broadcaster.send_message("on it", sender=stage.bot.id, reply_to_message_id=asked.id)
        said = await stage.fake.heard(stage.channel)
    assert [(message.text, message.user.login, message.reply_to) for message in said] == [("on it", "clipbot", asked)]
