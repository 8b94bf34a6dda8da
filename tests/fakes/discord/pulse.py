"""Waiting for something that the fake holds, without polling."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from tests.fakes.server import PATIENCE_S

Found = TypeVar("Found")


class Pulse:
    """Beats whenever the fake's state changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def beat(self) -> None:
        """Let everyone who waits look again."""
        waiting, self._waiting = self._waiting, set()
        for one in waiting:
            if not one.done():
                one.set_result(None)

    async def until(self, look: Callable[[], Found | None], timeout_s: float = PATIENCE_S, what: str = "") -> Found:
        """What `look` finds once it finds something truthy.

        Raises:
            TimeoutError: it found nothing within `timeout_s` (seconds of the machine, not of the fake's clock).
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not (found := look()):
                    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiting.add(future)
                    await future
                return found
        except TimeoutError:
            raise TimeoutError(f"waited {timeout_s:g} s in vain for {what or 'a change'}") from None
