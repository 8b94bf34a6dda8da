"""Looks around on Discord: servers, channels, roles, and what the bot may do there."""

from collections.abc import Sequence
from typing import Final

import discord

from bot.adapters.discord.library import translated
from bot.adapters.discord.line import Line
from bot.rooms import Room

_NAMES: Final = {
    "view_channel": "View Channel",
    "send_messages": "Send Messages",
    "embed_links": "Embed Links",
    "attach_files": "Attach Files",
    "read_message_history": "Read Message History",
}
"""What clips, votes and progress take in a channel, as Discord names it to people."""


class DiscordRooms:
    """A `bot.rooms.Rooms`; what the client knows already isn't asked for again."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def homes(self) -> Sequence[Room]:
        """The servers that the bot is in."""
        client = await self._line.client()
        with translated():
            return [Room(str(guild.id), guild.name) async for guild in client.fetch_guilds(with_counts=False)]

    async def channels(self, home: str) -> Sequence[Room]:
        """The text channels of a server."""
        channels = await _channels(await self._guild(home))
        return [Room(str(each.id), f"#{each.name}") for each in channels]

    async def roles(self, home: str) -> Sequence[Room]:
        """The roles of a server but for @everyone and those of bots."""
        guild = await self._guild(home)
        given = [role for role in guild.roles if not role.is_default() and not role.managed]
        return [Room(str(role.id), f"@{role.name}") for role in sorted(given, reverse=True)]

    async def lacking(self, home: str, channel: str) -> Sequence[str]:
        """What the bot hasn't got of what it needs in a channel; everything where the channel can't be seen."""
        guild = await self._guild(home)
        client = await self._line.client()
        assert client.user is not None
        found = next((each for each in await _channels(guild) if str(each.id) == channel), None)
        with translated():
            me = await guild.fetch_member(client.user.id)
        held = found.permissions_for(me) if found is not None else discord.Permissions.none()
        return [named for right, named in _NAMES.items() if not getattr(held, right)]

    async def _guild(self, home: str) -> discord.Guild:
        client = await self._line.client()
        known = client.get_guild(int(home))
        if known is not None:
            return known
        with translated():
            return await client.fetch_guild(int(home), with_counts=False)


async def _channels(guild: discord.Guild) -> list[discord.TextChannel]:
    if guild.text_channels:
        return list(guild.text_channels)
    with translated():
        return [each for each in await guild.fetch_channels() if isinstance(each, discord.TextChannel)]
