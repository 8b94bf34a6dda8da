"""A bare bot on discord.py, with which the fake Discord is tried."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import discord

from bot.adapters.discord.library import let_go
from clipnet.clock import ManualClock
from clipnet.ending import end
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.pointing import pointed
from tests.fakes.server import PATIENCE_S

START = datetime(2026, 11, 21, 12, tzinfo=UTC)

CLIP: dict[str, Any] = {
    "name": "clip",
    "description": "Make a clip",
    "options": [
        {"type": 3, "name": "source", "description": "Link", "required": True, "autocomplete": True},
        {"type": 4, "name": "seconds", "description": "Length", "min_value": 1, "max_value": 90},
        {"type": 11, "name": "video", "description": "File"},
    ],
}
MENU: dict[str, Any] = {"name": "Clip this", "type": 3}

Met = discord.Interaction["Bot"]


def clock_of(fake: FakeDiscord) -> ManualClock:
    """The clock of a platform that stands still until it is advanced."""
    assert isinstance(fake.clock, ManualClock)
    return fake.clock


class Bot(discord.Client):
    """Hands every interaction and message to whoever waits for it."""

    def __init__(self, *, heartbeat_timeout: float = 60.0, intents: discord.Intents | None = None) -> None:
        given = intents or discord.Intents.default()
        given.message_content = intents is None
        super().__init__(intents=given, guild_ready_timeout=0, heartbeat_timeout=heartbeat_timeout)
        self.met: asyncio.Queue[Met] = asyncio.Queue()
        self.heard: asyncio.Queue[discord.Message] = asyncio.Queue()
        self.is_up = asyncio.Event()

    async def on_ready(self) -> None:
        """Everything is known."""
        self.is_up.set()

    async def on_interaction(self, interaction: Met) -> None:
        """Keep it."""
        await self.met.put(interaction)

    async def on_message(self, message: discord.Message) -> None:
        """Keep it."""
        await self.heard.put(message)

    async def meet(self) -> Met:
        """The next interaction."""
        return await asyncio.wait_for(self.met.get(), PATIENCE_S)

    async def hear(self) -> discord.Message:
        """The next message."""
        return await asyncio.wait_for(self.heard.get(), PATIENCE_S)


@asynccontextmanager
async def online(fake: FakeDiscord, bot: Bot | None = None) -> AsyncIterator[Bot]:
    """The bot connected with `clip` and `Clip this` registered, until the block ends."""
    bot = bot or Bot()
    with pointed(fake):
        running = asyncio.create_task(bot.start(fake.bot_token))
        try:
            up = asyncio.create_task(bot.is_up.wait())
            await asyncio.wait({up, running}, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
            up.cancel()
            if running.done():
                running.result()
            await bot.http.bulk_upsert_global_commands(int(fake.application_id), [CLIP, MENU])
            yield bot
        finally:
            await end([running])
            await let_go(bot)
