"""The connection to Discord's REST API that a speaker speaks over."""

import asyncio
from typing import Protocol

import discord

from bot.adapters.discord.library import point, translated
from clipnet.errors import Misconfigured
from clipnet.platform_settings import DiscordSettings
from clipnet.texts import text

PATIENCE_S = 30.0
"""Longer waits for a rate limit are the caller's: the job comes again when it is over."""


class Line(Protocol):
    """Where a client that is signed in comes from."""

    async def client(self) -> discord.Client:
        """The client; raises `Unavailable` while there is none."""
        ...


class OwnLine:
    """A client of its own that never listens, for processes that only speak; signed in when first needed."""

    def __init__(self, settings: DiscordSettings) -> None:
        self._settings = settings
        self._client: discord.Client | None = None
        self._opening = asyncio.Lock()

    async def client(self) -> discord.Client:
        """The client, signed in. Raises `Unavailable` or `Misconfigured`."""
        async with self._opening:
            if self._client is None:
                self._client = await self._open()
        return self._client

    async def close(self) -> None:
        """Close its connections."""
        if self._client is not None:
            await self._client.close()

    async def _open(self) -> discord.Client:
        if not self._settings.token:
            raise Misconfigured(text("DISCORD_TOKEN is not set."))
        point(self._settings)
        client = discord.Client(
            intents=discord.Intents(guilds=True),
            max_messages=None,
            max_ratelimit_timeout=PATIENCE_S,
            heartbeat_timeout=60,
        )
        try:
            with translated():
                await client.login(self._settings.token)
        except BaseException:
            await client.close()
            raise
        return client
