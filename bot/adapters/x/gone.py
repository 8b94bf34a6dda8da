"""Posts that asked and were deleted: looked up while what they asked for is open, as polling tells nothing of them."""

from typing import Final

from loguru import logger

from bot.adapters.x.client import X
from bot.adapters.x.listening import PLATFORM, Listener
from bot.withdraw import withdraw
from clipnet.errors import ClipNetError
from db import askers

AT_ONCE: Final = 100
"""Posts that X tells of in one answer."""


class Watch:
    """Looks for posts that are gone; where there are more than X tells of at once, by turns."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._after = ""

    async def look(self, x: X) -> int:
        """Take back what deleted posts asked for, with one question at most; returns how many there were.

        X not telling stops nobody from hearing mentions; it is asked again the next time. A post that X hides from us,
        as of an account that became protected, is not taken for deleted.
        """
        services = self._listener.router.services
        ids = await askers.open_messages(services.queue.pool, PLATFORM, after=self._after, limit=AT_ONCE)
        self._after = ids[-1] if len(ids) == AT_ONCE else ""
        if not ids:
            return 0
        try:
            gone = await x.missing(ids)
        except ClipNetError as error:
            logger.info("posts that asked can't be looked up now", why=error.sentence)
            return 0
        for post_id in sorted(gone):
            await withdraw(services, PLATFORM, post_id)
        return len(gone)
