"""The client of discord.py: what it listens to, what it keeps in memory, and to whom it hands what it hears."""

from typing import Any, Protocol

import discord
from loguru import logger

from bot.adapters.discord.line import PATIENCE_S
from bot.adapters.discord.reading import Met

HEARTBEAT_TIMEOUT_S = 60.0


class Ears(Protocol):
    """Who hears what happens on Discord. Nothing that is raised there reaches the connection."""

    async def ready(self) -> None:
        """Events arrive: the first time, or again after a break."""

    async def lost(self) -> None:
        """The connection broke; it is being made anew."""

    async def identify(self) -> None:
        """A session is about to be begun; raises to keep that from happening."""

    async def met(self, met: Met) -> None:
        """Somebody used a command, a button or a form."""

    async def heard(self, message: discord.Message) -> None:
        """Somebody wrote."""

    async def deleted(self, message_ids: set[int]) -> None:
        """Messages are gone."""

    async def joined(self, guild: discord.Guild) -> None:
        """The bot was added to a server."""

    async def closed(self, channel: discord.abc.GuildChannel) -> None:
        """A channel is gone."""

    async def banned(self, guild: discord.Guild, user: discord.User | discord.Member) -> None:
        """Somebody was banned from a server."""


def intents_of(*, message_content: bool) -> discord.Intents:
    """What we listen to. `message_content` is privileged: without it only mentions and direct messages can be read."""
    return discord.Intents(
        guilds=True, guild_messages=True, dm_messages=True, moderation=True, message_content=message_content
    )


class Listener(discord.Client):
    """Keeps no messages and no members in memory, and is ready as soon as Discord is."""

    def __init__(self, ears: Ears, *, message_content: bool, heartbeat_timeout_s: float = HEARTBEAT_TIMEOUT_S) -> None:
        super().__init__(
            intents=intents_of(message_content=message_content),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0,
            heartbeat_timeout=heartbeat_timeout_s,
            max_ratelimit_timeout=PATIENCE_S,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        self._ears = ears

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002
        """Ask before a session is begun; resuming one is free and doesn't come by here."""
        await self._ears.identify()

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Log what a handler raised, without what it was given: that holds tokens."""
        logger.exception("an event of Discord could not be handled", event=event_method)

    async def on_ready(self) -> None:
        """A session was begun."""
        await self._ears.ready()

    async def on_resumed(self) -> None:
        """A session was taken up again."""
        await self._ears.ready()

    async def on_disconnect(self) -> None:
        """The connection broke."""
        await self._ears.lost()

    async def on_interaction(self, met: Met) -> None:
        """A command, a button or a form."""
        await self._ears.met(met)

    async def on_message(self, message: discord.Message) -> None:
        """Somebody wrote; bots, ourselves among them, are not listened to."""
        if not message.author.bot and message.webhook_id is None:
            await self._ears.heard(message)

    async def on_raw_message_delete(self, gone: discord.RawMessageDeleteEvent) -> None:
        """A message is gone."""
        await self._ears.deleted({gone.message_id})

    async def on_raw_bulk_message_delete(self, gone: discord.RawBulkMessageDeleteEvent) -> None:
        """Many messages are gone."""
        await self._ears.deleted(gone.message_ids)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """The bot was added to a server."""
        await self._ears.joined(guild)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel is gone."""
        await self._ears.closed(channel)

    async def on_member_ban(self, guild: discord.Guild, user: discord.User | discord.Member) -> None:
        """Somebody was banned from a server."""
        await self._ears.banned(guild, user)
