"""Speaking on X without listening there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from asyncpg import Pool
from redis.asyncio import Redis

from bot.adapters.x import keys
from bot.adapters.x.client import connected
from bot.adapters.x.limits import Limits
from bot.adapters.x.speaker import XSpeaker
from bot.speaker import Speaker
from clipnet.clock import SystemClock
from clipnet.settings import Settings


def can_speak(settings: Settings) -> bool:
    """Whether there are credentials for it."""
    return not keys.lacking(settings)


@asynccontextmanager
async def speaking(settings: Settings, pool: Pool, redis: Redis) -> AsyncIterator[Speaker]:  # noqa: ARG001
    """A speaker as the bot's account, within this block. Raises `Misconfigured` where its tokens are missing."""
    clock = SystemClock()
    found = await keys.find(settings, pool, clock)
    async with connected(settings.x, found, Limits(clock), clock) as x:
        yield XSpeaker(x, pool, settings.x.posts_a_day)
