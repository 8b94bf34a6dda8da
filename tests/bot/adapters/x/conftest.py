"""The bot's account on the fake X, a router behind it, and people who post."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.x import keys
from bot.adapters.x.client import Account, X, connected
from bot.adapters.x.gone import Watch
from bot.adapters.x.limits import Limits
from bot.adapters.x.listening import Line, Listener
from bot.adapters.x.polling import Poller
from bot.adapters.x.speaker import XSpeaker
from bot.context import Services
from bot.router import Router
from clipnet.settings import Settings, load_settings
from tests.bot.rig import Ledger, ann, grant, ledger, router, services
from tests.conftest import Database
from tests.fakes.x import FakeX, Post
from tests.fakes.x.clients import Stage, stage

__all__ = ["ann", "grant", "ledger", "router", "services"]


@dataclass
class Scene:
    """Everything at hand."""

    stage: Stage
    listener: Listener
    poller: Poller
    watch: Watch
    speaker: XSpeaker
    x: X
    ledger: Ledger

    @property
    def fake(self) -> FakeX:
        return self.stage.fake

    @property
    def services(self) -> Services:
        return self.listener.router.services

    def ask(self, words: str = "", *, video: bool = True) -> Post:
        """Ann mentions the bot, under a video of Bob's."""
        bob = self.fake.world.named("bob") or self.fake.add_user("bob")
        shown = self.fake.post(bob, "what a goal", video=b"the bytes", duration_ms=12_000) if video else None
        return self.fake.post(self.stage.ann, f"@clipnet {words}".strip(), reply_to=shown)

    async def jobs(self) -> int:
        """How many pieces of work there are."""
        return int(await self.ledger.value("select count(*) from jobs where kind = 'clip:process'"))

    async def origins(self) -> list[str]:
        """What is to be clipped, oldest first."""
        rows = await self.ledger.conn.fetch("select origin from sources order by id")
        return [str(row["origin"]) for row in rows]


@pytest.fixture
async def x() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


@pytest.fixture
def variables(environ: dict[str, str], database: Database, x: Stage) -> dict[str, str]:
    """Of an api process whose bot signs by OAuth 1.0a."""
    signed = x.fake.oauth1.issue(x.bot)
    return environ | {
        "CLIPNET_ROLE": "api",
        "DATABASE_URL": database.url("api"),
        "ADAPTERS": "x",
        "X_CONSUMER_KEY": "consumer-key",
        "X_CONSUMER_SECRET": "consumer-secret",
        "X_ACCESS_TOKEN": signed.token,
        "X_ACCESS_SECRET": signed.secret,
        "X_API_BASE": x.fake.url,
    }


@pytest.fixture
def api_settings(variables: dict[str, str], tmp_path: Path) -> Settings:
    return load_settings(variables, folder=tmp_path)


@pytest.fixture
async def scene(
    x: Stage, api_settings: Settings, services: Services, router: Router, ledger: Ledger
) -> AsyncIterator[Scene]:
    """The bot connected, having looked for mentions once."""
    listener = Listener(router, Limits(x.clock), timedelta(hours=6))
    pool = services.queue.pool
    found = await keys.find(api_settings, pool, x.clock)
    async with connected(api_settings.x, found, listener.limits, x.clock) as client:
        me = await client.me()
        assert me == Account(x.bot.id, "clipnet")
        speaker = XSpeaker(client, pool, 100, known=me)
        listener.line = Line(client, me, speaker)
        poller = Poller(listener, pool)
        await poller.poll()
        x.clock.advance(1)
        yield Scene(x, listener, poller, Watch(listener), speaker, client, ledger)
