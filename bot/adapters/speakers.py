"""Who speaks on the platforms, for a process that listens to none of them: the worker."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from importlib import import_module

from asyncpg import Pool
from redis.asyncio import Redis

from bot.speaker import Speaker, Speakers, Spoken, Telling
from bot.vocabulary import Place
from clipnet.settings import Settings

OPENERS: dict[str, str] = {
    "discord": "bot.adapters.discord.speaking",
    "twitch": "bot.adapters.twitch.speaking",
    "x": "bot.adapters.x.speaking",
}
"""By platform, the module with `can_speak(settings)` and with `speaking(settings, pool, redis)`, a context."""


class LateSpeaker:
    """Opens its platform when there is first something to say: one that is away keeps no worker from starting.

    An opening that fails is tried again with the next thing to say; the job that said it has its back-off.
    """

    def __init__(self, platform: str, open_speaker: Callable[[], AbstractAsyncContextManager[Speaker]]) -> None:
        self.platform = platform
        self.can_edit = platform == "discord"
        self._open = open_speaker
        self._opened: Speaker | None = None
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()

    async def say(self, place: Place, telling: Telling) -> Spoken:
        """See `Speaker.say`."""
        return await (await self._speaker()).say(place, telling)

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken:
        """See `Speaker.edit`."""
        return await (await self._speaker()).edit(spoken, telling)

    async def delete(self, spoken: Spoken) -> bool:
        """See `Speaker.delete`."""
        return await (await self._speaker()).delete(spoken)

    async def find(self, place: Place, key: str) -> Spoken | None:
        """See `Speaker.find`."""
        return await (await self._speaker()).find(place, key)

    async def close(self) -> None:
        """Close what was opened."""
        await self._stack.aclose()

    async def _speaker(self) -> Speaker:
        async with self._opening:
            if self._opened is None:
                self._opened = await self._stack.enter_async_context(self._open())
        return self._opened


@asynccontextmanager
async def speaking(settings: Settings, pool: Pool, redis: Redis) -> AsyncIterator[Speakers]:
    """A speaker for every platform that is named in the settings and has its credentials, within this block."""
    found: dict[str, LateSpeaker] = {}
    for platform, name in OPENERS.items():
        if platform in settings.adapters.names:
            module = import_module(name)
            if module.can_speak(settings):
                found[platform] = LateSpeaker(platform, lambda m=module: m.speaking(settings, pool, redis))  # type: ignore[misc]
    try:
        yield found
    finally:
        for speaker in found.values():
            await speaker.close()
