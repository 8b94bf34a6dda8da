"""Speaking on Discord without listening there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncpg import Pool
from redis.asyncio import Redis

from bot.adapters.discord.buttons import Shelf
from bot.adapters.discord.line import OwnLine
from bot.adapters.discord.speaker import DiscordSpeaker
from bot.speaker import Speaker
from clipnet.settings import Settings


def can_speak(settings: Settings) -> bool:
    """Whether there are credentials for it."""
    return bool(settings.discord.token)


@asynccontextmanager
async def speaking(settings: Settings, pool: Pool, redis: Redis) -> AsyncIterator[Speaker]:  # noqa: ARG001
    """A speaker by the bot's token, within this block; it signs in when there is something to say."""
    line = OwnLine(settings.discord)
    try:
        yield DiscordSpeaker(line, settings.web.base_url, shelf=Shelf(pool))
    finally:
        await line.close()
