"""How often we may begin a session at the gateway: written down, so that a process that restarts in a loop counts too.

Discord resets the token of a bot that identifies more than 1,000 times a day. Each further identify within the last
hour doubles the pause before the next one, and a day has `A_DAY` of them at most.
"""

import asyncio
import json
from collections.abc import Sequence

from asyncpg import Pool
from loguru import logger

from clipnet.clock import Clock
from clipnet.errors import Unavailable
from clipnet.texts import text
from db import cursors
from db.pool import DATABASE_ERRORS, transaction

NAME = "discord:identifies"
A_DAY = 100
DAY_S = 24 * 3600.0
HOUR_S = 3600.0
LEAST_S = 5.0
"""Discord's own limit: one identify in five seconds."""
MOST_S = 900.0
FREE = 2
"""Identifies within an hour that wait no longer than Discord's own five seconds."""
PATIENCE_S = 30.0
"""A wait that is longer ends the connection; the adapter is started again when it is over."""


def wait_s(made_at: Sequence[float], now: float) -> float:
    """Seconds until the next identify, after those at `made_at` (Unix seconds, rising)."""
    today = [at for at in made_at if at > now - DAY_S]
    if not today:
        return 0.0
    lately = sum(at > now - HOUR_S for at in today)
    pause_s = min(MOST_S, LEAST_S * 2.0 ** max(0, lately - FREE))
    until = today[-1] + pause_s
    if len(today) >= A_DAY:
        until = max(until, today[-A_DAY] + DAY_S)
    return max(0.0, until - now)


class Budget:
    """The identifies of this installation."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._made_at: list[float] = []

    @property
    def used(self) -> str:
        """How many were made today, in words."""
        now = self._clock.now().timestamp()
        return f"{sum(at > now - DAY_S for at in self._made_at)} of {A_DAY}"

    async def take(self) -> None:
        """Take one, now or after a short wait.

        Raises:
            Unavailable: the wait would be long, or the ledger can't be asked; `retry_after_s` says how long.
        """
        while (left_s := await self._try()) > 0:
            if left_s > PATIENCE_S:
                raise Unavailable(
                    text("ClipNet has begun too many sessions at Discord's gateway lately."), retry_after_s=left_s
                )
            await self._clock.sleep(left_s)

    async def _try(self) -> float:
        """Write one down and return 0, or how long to wait."""
        now = self._clock.now().timestamp()
        try:
            async with asyncio.timeout(LEAST_S), transaction(self._pool) as conn:
                made_at: list[float] = json.loads(await cursors.hold(conn, NAME) or "[]")
                self._made_at = [at for at in made_at if at > now - DAY_S]
                if (left_s := wait_s(self._made_at, now)) == 0:
                    self._made_at.append(now)
                    await cursors.put(conn, NAME, json.dumps(self._made_at))
                return left_s
        except DATABASE_ERRORS as error:
            logger.warning("a session at the gateway can't be written down", error=type(error).__name__)
            raise Unavailable(
                text("ClipNet can't reach its database now."), retry_after_s=LEAST_S * (1 + len(self._made_at))
            ) from error
