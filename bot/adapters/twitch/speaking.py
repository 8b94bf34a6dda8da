"""Speaking on Twitch without listening there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncpg import Pool
from redis.asyncio import Redis

from bot.adapters.twitch.speaker import open_speaker
from bot.speaker import Speaker
from clipnet.settings import Settings


def can_speak(settings: Settings) -> bool:
    """Whether there are credentials for it."""
    return bool(settings.twitch.client_id and settings.twitch.client_secret and settings.twitch.bot_id)


@asynccontextmanager
async def speaking(settings: Settings, pool: Pool, redis: Redis) -> AsyncIterator[Speaker]:  # noqa: ARG001
    """A speaker with the application's token, within this block. Raises `Misconfigured` or `Unavailable`."""
    async with open_speaker(settings, redis) as speaker:
        yield speaker
