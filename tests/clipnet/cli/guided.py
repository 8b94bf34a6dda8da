"""A guided setup on pretended platforms: who is there, what they say, and everything that could hold a secret."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bot.context import Services
from clipnet.cli.setup.asking import Asking, Written
from clipnet.cli.setup.desk import Desk
from clipnet.cli.setup.keeping import Values
from clipnet.cli.surroundings import Surroundings
from clipnet.clock import SystemClock
from db import setups, users
from db.pool import transaction
from tests.fakes.discord import FakeDiscord
from tests.fakes.server import PATIENCE_S
from tests.fakes.twitch import FakeTwitch
from tests.fakes.twitch.identity import Device
from tests.fakes.x import FakeX

TWITCH_SECRET = "hush-twitch-application"


@dataclass
class Platforms:
    """Discord, Twitch and X, each with what the setup needs to find there."""

    discord: FakeDiscord
    twitch: FakeTwitch
    x: FakeX

    def variables(self) -> dict[str, str]:
        """Where the platforms are, and no credentials."""
        return {
            "DISCORD_API_BASE": self.discord.api_base,
            "DISCORD_GATEWAY": self.discord.gateway_url,
            "DISCORD_CDN_BASE": self.discord.cdn_base,
            "TWITCH_API_BASE": self.twitch.helix_base,
            "TWITCH_ID_BASE": self.twitch.id_base,
            "TWITCH_EVENTSUB": self.twitch.eventsub_ws,
            "X_API_BASE": self.x.url,
        }

    def answers(self) -> list[str]:
        """Right answers to everything."""
        token, secret = self.x.oauth1.issue(self.x.add_user("clipbot"))
        return [
            f"discord.token = {self.discord.bot_token}",
            "discord.channel = #clips",
            "discord.moderators = Mods",
            "discord.owners =",
            "language = de",
            f"twitch.client_id = {self.twitch.client_id}",
            f"twitch.client_secret = {self.twitch.client_secret}",
            "twitch.bot = ClipBot",
            "x.by = keys",
            f"x.consumer_key = {self.x.oauth1.consumer_key}",
            f"x.consumer_secret = {self.x.oauth1.consumer_secret}",
            f"x.access_token = {token}",
            f"x.access_secret = {secret}",
            "test.begin =",
            "test.arrived = yes",
        ]

    def secrets(self, answers: list[str]) -> list[str]:
        """What must stand nowhere but in .env."""
        hidden = ("token", "secret")
        given = [a.partition("=")[2].strip() for a in answers if a.partition("=")[0].strip().endswith(hidden)]
        return [*given, *(each.access for each in self.twitch.tokens.all)]


@asynccontextmanager
async def platforms() -> AsyncIterator[Platforms]:
    """The three of them, for this block; none may have been treated wrongly."""
    clock = SystemClock()
    found = Platforms(
        FakeDiscord(clock), FakeTwitch(clock, client_secret=TWITCH_SECRET, device_interval_s=1), FakeX(clock)
    )
    async with found.discord.serving(), found.twitch.serving(), found.x.serving():
        found.twitch.add_user("ClipBot")
        found.twitch.add_channel("Ann")
        yield found


async def code(there: Platforms, number: int) -> Device:
    """The code that somebody is shown next."""
    devices = there.twitch.identity.devices
    await there.twitch.until(lambda: len(devices) > number, within_s=PATIENCE_S)
    return list(devices.values())[number]


@dataclass
class Sitting:
    """One run of the setup, within a test."""

    services: Services
    environ: dict[str, str]
    folder: Path
    written: io.StringIO = field(default_factory=io.StringIO)

    async def desk(self, answers: list[str] | Asking, *again: str, wait_s: float = PATIENCE_S) -> Desk:
        """What the steps work with, as the command has it."""
        async with transaction(self.services.queue.pool) as conn:
            user = await users.of_identity(conn, "console", "uid:0", "root")
            setup = await setups.begin(conn, user.id, "console", "installation")
        return Desk(
            Written(answers) if isinstance(answers, list) else answers,
            Console(file=self.written, width=200),
            Values(self.environ, self.folder),
            Surroundings(self.environ, self.environ, embedded=False),
            self.services,
            setup.id,
            user.id,
            dict(setup.found),
            frozenset(again),
            poll_s=0.05,
            wait_s=wait_s,
        )

    @property
    def said(self) -> str:
        """Everything that was said."""
        return self.written.getvalue()

    @property
    def kept(self) -> str:
        """The file of values."""
        file = self.folder / ".env"
        return file.read_text() if file.exists() else ""
