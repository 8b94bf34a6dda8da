"""Who speaks on each platform in a process that doesn't listen there, such as the worker."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from asyncpg import Pool
from redis.asyncio import Redis

from bot.speaker import Speaker, Spoken, Telling
from bot.vocabulary import Place
from clipnet.settings import Settings

Open = Callable[[], AbstractAsyncContextManager[Speaker]]


class Late:
    """A `Speaker` that connects when there is something to say: a platform that is away keeps nobody waiting."""

    def __init__(self, platform: str, opens: Open, stack: AsyncExitStack, *, can_edit: bool) -> None:
        self.platform = platform
        self.can_edit = can_edit
        self._opens = opens
        self._stack = stack
        self._opened: Speaker | None = None
        self._opening = asyncio.Lock()

    async def say(self, place: Place, telling: Telling) -> Spoken:
        """Send a message; see `Speaker`."""
        return await (await self._speaker()).say(place, telling)

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken:
        """Change a message; see `Speaker`."""
        return await (await self._speaker()).edit(spoken, telling)

    async def delete(self, spoken: Spoken) -> bool:
        """Take a message back; see `Speaker`."""
        return await (await self._speaker()).delete(spoken)

    async def find(self, place: Place, key: str) -> Spoken | None:
        """Look for a message; see `Speaker`."""
        return await (await self._speaker()).find(place, key)

    async def _speaker(self) -> Speaker:
        async with self._opening:
            if self._opened is None:
                self._opened = await self._stack.enter_async_context(self._opens())
            return self._opened


@asynccontextmanager
async def speaking(settings: Settings, pool: Pool, redis: Redis) -> AsyncIterator[Mapping[str, Speaker]]:
    """Who speaks, by platform, for this block; a platform without credentials is missing."""
    twitch = settings.twitch
    ways: dict[str, tuple[Open, bool]] = {}
    if settings.discord.token:
        ways["discord"] = (lambda: _on_discord(settings, pool), True)
    if twitch.client_id and twitch.client_secret and twitch.bot_id:
        ways["twitch"] = (lambda: _on_twitch(settings, redis), False)
    if settings.x.access_token or settings.x.client_id:
        ways["x"] = (lambda: _on_x(settings, pool), False)
    async with AsyncExitStack() as stack:
        yield {
            name: Late(name, opens, stack, can_edit=can_edit)
            for name, (opens, can_edit) in ways.items()
            if name in settings.adapters.names
        }


@asynccontextmanager
async def _on_discord(settings: Settings, pool: Pool) -> AsyncIterator[Speaker]:
    from bot.adapters.discord.buttons import Shelf
    from bot.adapters.discord.line import OwnLine
    from bot.adapters.discord.speaker import DiscordSpeaker

    line = OwnLine(settings.discord)
    try:
        yield DiscordSpeaker(line, settings.web.base_url, shelf=Shelf(pool))
    finally:
        await line.close()


@asynccontextmanager
async def _on_twitch(settings: Settings, redis: Redis) -> AsyncIterator[Speaker]:
    from bot.adapters.twitch.speaker import open_speaker

    async with open_speaker(settings, redis) as speaker:
        yield speaker


@asynccontextmanager
async def _on_x(settings: Settings, pool: Pool) -> AsyncIterator[Speaker]:
    from bot.adapters.x import speaking as on_x
    from bot.adapters.x.keys import lacking
    from clipnet.errors import Misconfigured

    async with on_x(settings, pool) as speaker:
        if speaker is None:
            raise Misconfigured(lacking(settings) or "No account of X was connected for the bot.")
        yield speaker
