"""Discord's speaker for a process that listens to nothing there: the worker."""

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
    """Whether there are credentials to speak with."""
    return bool(settings.discord.token)


@asynccontextmanager
async def speaking(settings: Settings, pool: Pool, redis: Redis) -> AsyncIterator[Speaker]:  # noqa: ARG001
    """The speaker, signed in when it first has something to say."""
    line = OwnLine(settings.discord)
    try:
        yield DiscordSpeaker(line, settings.web.base_url, shelf=Shelf(pool))
    finally:
        await line.close()
