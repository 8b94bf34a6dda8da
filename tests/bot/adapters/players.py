"""Adapters that behave as they are told, and a platform's module made of one."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import ModuleType

from bot.adapters.base import AdapterStatus, Presence
from bot.router import Router

Life = Callable[["Player"], Awaitable[None]]


@dataclass
class Player:
    """An adapter whose lives are played one after another, the last one for ever."""

    lives: list[Life]
    platform: str = "player"
    status: AdapterStatus = field(default_factory=AdapterStatus)
    begun: int = 0

    async def run(self) -> None:
        """Live once."""
        self.begun += 1
        await self.lives[min(self.begun, len(self.lives)) - 1](self)


async def well(player: Player) -> None:
    """Runs until it is cancelled."""
    player.status.state = "running"
    await asyncio.Event().wait()


def raises(error: BaseException) -> Life:
    """Breaks at once."""

    async def life(_: Player) -> None:
        raise error.with_traceback(None)

    return life


async def returns(_: Player) -> None:
    """Ends as if there were nothing to do."""


async def spins(player: Player) -> None:
    """Never rests, but lets the others have their turn."""
    player.status.state = "running"
    while True:  # noqa: ASYNC110 - the point of it
        await asyncio.sleep(0)


async def hangs(_: Player) -> None:
    """Waits for something that never comes, without ever being ready."""
    await asyncio.Event().wait()


async def immortal(player: Player) -> None:
    """Swallows every cancellation."""
    player.status.state = "running"
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue


def module(name: str, join: Callable[[Router], Presence]) -> str:
    """A platform's module as the table names it; imported like a real one."""
    made = ModuleType(name)
    made.__dict__["join"] = join
    sys.modules[name] = made
    return name
