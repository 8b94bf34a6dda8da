"""How many posts ClipNet allows itself a day, and X in a window: kept in the ledger for all its processes together."""

import json
from dataclasses import astuple
from datetime import datetime, timedelta
from typing import Final

from asyncpg import Pool

from bot.adapters.x.limits import POSTS, Limits, Window
from clipnet.clock import Clock
from clipnet.errors import Unavailable
from clipnet.texts import text
from db import cursors

NAME: Final = "x:posts"
WINDOWS: Final = "x:windows"


async def take(pool: Pool, most: int, clock: Clock) -> None:
    """Take one post out of today's (UTC). Raises `Unavailable` until tomorrow when none is left."""
    now = clock.now()
    async with pool.acquire() as conn, conn.transaction():
        used = _used(await cursors.hold(conn, NAME), now)
        if used >= most:
            tomorrow = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            raise Unavailable(
                text("ClipNet has reached its limit of posts on X for today."),
                retry_after_s=(tomorrow - now).total_seconds(),
            )
        await cursors.put(conn, NAME, json.dumps({"day": now.date().isoformat(), "used": used + 1}))


async def tell(pool: Pool, limits: Limits) -> None:
    """Let the other processes know what X said of posts."""
    told = {kind: astuple(window) for kind, window in limits.told(POSTS).items()}
    await cursors.put(pool, WINDOWS, json.dumps(told))


async def hear(pool: Pool, limits: Limits) -> None:
    """Know what X said of posts to another process."""
    stored = json.loads(await cursors.get(pool, WINDOWS) or "{}")
    limits.hear(POSTS, {kind: Window(*told) for kind, told in stored.items()})


async def used(pool: Pool, clock: Clock) -> int:
    """How many were posted today."""
    return _used(await cursors.get(pool, NAME), clock.now())


def _used(stored: str | None, now: datetime) -> int:
    found = json.loads(stored) if stored else {}
    return int(found.get("used", 0)) if found.get("day") == now.date().isoformat() else 0
