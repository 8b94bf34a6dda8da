"""The adapter on the fake Discord, with the real router, database and Redis."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from bot.adapters.discord.adapter import DiscordAdapter
from bot.context import Services
from bot.registry import Registry
from bot.router import Router
from clipnet.clock import ManualClock
from clipnet.ending import end
from clipnet.settings import Settings
from db.pool import connect
from db.retention import Pruned, Retention, prune
from tests.bot.adapters.discord.commands import COMMANDS
from tests.bot.rig import api_settings, ledger, services
from tests.fakes.discord import Channel, FakeDiscord, Guild, Member
from tests.fakes.discord.permissions import EVERYDAY
from tests.fakes.server import PATIENCE_S

__all__ = ["api_settings", "ledger", "services"]


@dataclass
class Scene:
    """A server with a channel and two people, and what is needed to bring the bot there."""

    fake: FakeDiscord
    router: Router
    clock: ManualClock
    guild: Guild
    channel: Channel
    ann: Member
    bob: Member

    @asynccontextmanager
    async def online(self, **options: float) -> AsyncIterator[DiscordAdapter]:
        """A fresh adapter, listening within this block, as one process of the api has it."""
        adapter = DiscordAdapter(self.router, clock=self.clock, **options)
        running = asyncio.create_task(adapter.run())
        try:
            async with asyncio.timeout(PATIENCE_S):
                while adapter.status.state != "running" and not running.done():
                    await asyncio.sleep(0.005)
                    self.clock.advance(0.25)
            if running.done():
                running.result()
            yield adapter
        finally:
            await end([running])

    async def soon(self, look: Callable[[], object], timeout_s: float = PATIENCE_S) -> None:
        """Wait until something has become true."""
        async with asyncio.timeout(timeout_s):
            while True:
                if look():
                    return
                await asyncio.sleep(0.005)

    async def becomes(
        self, value: object, look: Callable[[], Awaitable[object]], timeout_s: float = PATIENCE_S
    ) -> None:
        """Wait until something in the ledger has become what it should be."""
        async with asyncio.timeout(timeout_s):
            while True:
                if await look() == value:
                    return
                await asyncio.sleep(0.01)

    def shown(self) -> list[str]:
        """What stands in the channel, for everybody to see."""
        return [message.text for message in self.fake.ledger.in_channel(self.channel) if not message.loading]


async def pruned(settings: Settings) -> Pruned:
    """Let the worker prune, with the rights that it has."""
    conn = await connect(settings.database.url, env="test", application_name="test")
    try:
        return await prune(conn, Retention())
    finally:
        await conn.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    """A platform whose clock stands still, and which the bot may not have treated wrongly.

    It begins at the present, as the worker asks the ledger's clock which of Discord's tokens are dead.
    """
    async with FakeDiscord(ManualClock(datetime.now(UTC).replace(microsecond=0))).serving() as serving:
        serving.limits.off()
        yield serving


@pytest.fixture
def environ(environ: dict[str, str], fake: FakeDiscord) -> dict[str, str]:
    """The settings of an installation on the fake."""
    return environ | {
        "DISCORD_TOKEN": fake.bot_token,
        "DISCORD_PUBLIC_KEY": fake.public_key,
        "DISCORD_API_BASE": fake.api_base,
        "DISCORD_GATEWAY": fake.gateway_url,
        "DISCORD_CDN_BASE": fake.cdn_base,
    }


@pytest.fixture
def scene(fake: FakeDiscord, services: Services) -> Scene:
    """A server of Discord before the bot has come online."""
    assert isinstance(fake.clock, ManualClock)
    router = Router(services, Registry(COMMANDS))
    guild = fake.add_guild(bot_permissions=EVERYDAY)
    channel = guild.add_channel("clips")
    return Scene(fake, router, fake.clock, guild, channel, guild.add_member("Ann"), guild.add_member("Bob"))
