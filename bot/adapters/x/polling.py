"""Mentions by asking for them again and again: oldest first, none lost, none twice."""

from datetime import datetime, timedelta
from typing import Any, Final

from asyncpg import Pool

from bot.adapters.x import mentions
from bot.adapters.x.limits import MENTIONS, Limits
from bot.adapters.x.listening import Line, Listener
from clipnet.errors import Unavailable
from clipnet.texts import text
from db import cursors

EPOCH_MS: Final = 1288834974657
"""Zero of the time that X's ids hold, in Unix milliseconds."""
PAGES: Final = 8
"""X tells of the last 800 mentions."""


class Poller:
    """Looks for what came since the last time; how far that is stands in the ledger."""

    def __init__(self, listener: Listener, pool: Pool) -> None:
        self._listener = listener
        self._pool = pool

    async def poll(self) -> int:
        """Hear every mention since the last time; returns how many there were.

        The cursor moves behind each mention once its rows are written: what fails half-way is heard again, and the
        router knows what it has heard.

        Raises:
            Unavailable: X or the ledger is away; the rest is heard the next time.
        """
        line = self._listener.connected()
        name = cursor_of(line)
        heard = 0
        for body in reversed(await self._pages(line, await self._since(line, name))):
            for mention in mentions.read(body, line.me):
                await self._listener.hear(mention)
                await cursors.advance(self._pool, name, int(mention.id))
                heard += 1
            if newest := (body.get("meta") or {}).get("newest_id"):
                await cursors.advance(self._pool, name, int(newest))
        return heard

    async def _since(self, line: Line, name: str) -> str:
        """The newest post that was heard; at the very first start the moment of that."""
        known = await cursors.get(self._pool, name)
        if known is None:
            known = str(id_at(line.x.clock.now()))
            await cursors.advance(self._pool, name, int(known))
        return known

    async def _pages(self, line: Line, since_id: str) -> list[dict[str, Any]]:
        """Every page, newest first: the oldest mention, which is to be heard first, is on the last one."""
        found: list[dict[str, Any]] = []
        page: str | None = None
        for _ in range(PAGES):
            body = await line.x.mentions(line.me.id, since_id=since_id, page=page)
            if not body.get("data") and not body.get("meta"):
                raise Unavailable(text("X says nothing about the bot's account."))
            found.append(body)
            page = (body.get("meta") or {}).get("next_token")
            if page is None:
                break
        return found


def pause_s(limits: Limits, poll_s: float) -> float:
    """Seconds until the next look: as set, or longer where what is left of the window asks for it."""
    return max(poll_s, limits.pace_s(MENTIONS), limits.rest_s(MENTIONS))


def cursor_of(line: Line) -> str:
    """The name of the account's cursor."""
    return f"x:mentions:{line.me.id}"


def id_at(moment: datetime, *, earlier: timedelta = timedelta()) -> int:
    """The smallest id of a post of that time."""
    return max(0, int((moment - earlier).timestamp() * 1000) - EPOCH_MS) << 22
