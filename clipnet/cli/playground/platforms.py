"""The three pretended platforms, which say when something changed on them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from clipnet.clock import SystemClock
from tests.fakes.discord import FakeDiscord
from tests.fakes.faults import Planned
from tests.fakes.server import Call, Fake, Handler
from tests.fakes.twitch import FakeTwitch
from tests.fakes.x import FakeX

REMEMBERED: Final = 400
"""Requests that a platform's journal keeps; their bodies hold whole clips."""
BOT: Final = "ClipBOT"


class Bell:
    """Rings when something changed; several rings before it is heard are one."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something changed."""
        self._rung.set()

    async def heard(self) -> None:
        """Wait until it rings."""
        await self._rung.wait()
        self._rung.clear()


class _Ringing(Fake):
    """A platform that rings after each request, and forgets the oldest ones."""

    bell: Bell

    async def _met(self, call: Call, planned: Planned | None, handler: Handler) -> web.StreamResponse:
        try:
            return await super()._met(call, planned, handler)
        finally:
            del self.journal[:-REMEMBERED]
            self.bell.ring()


class Discord(_Ringing, FakeDiscord):
    """Discord."""


class Twitch(_Ringing, FakeTwitch):
    """Twitch."""

    def changed(self) -> None:
        """Also what happens between requests."""
        super().changed()
        self.bell.ring()


class X(_Ringing, FakeX):
    """X."""


@dataclass(frozen=True, slots=True)
class Platforms:
    """All three, listening on loopback."""

    discord: Discord
    twitch: Twitch
    x: X
    bell: Bell

    @property
    def all(self) -> dict[str, Fake]:
        """By name."""
        return {"discord": self.discord, "twitch": self.twitch, "x": self.x}


@asynccontextmanager
async def platforms(kept: Path) -> AsyncIterator[Platforms]:
    """The platforms for this block. Discord's commands are remembered in the file `kept`, as Discord remembers them."""
    clock, bell = SystemClock(), Bell()
    found = Platforms(Discord(clock, bot_name=BOT), Twitch(clock), X(clock), bell)
    for platform in (found.discord, found.twitch, found.x):
        platform.bell = bell
        platform.strict = False
    _remind(found.discord, kept)
    async with AsyncExitStack() as stack:
        for fake in found.all.values():
            await stack.enter_async_context(fake.serving())
        try:
            yield found
        finally:
            _remember(found.discord, kept)


def _remind(discord: Discord, kept: Path) -> None:
    if kept.exists():
        commands = json.loads(kept.read_text(encoding="utf-8"))
        discord.ledger.commands[None] = {command["id"]: command for command in commands}


def _remember(discord: Discord, kept: Path) -> None:
    kept.write_text(json.dumps(list(discord.ledger.commands.get(None, {}).values())), encoding="utf-8")
