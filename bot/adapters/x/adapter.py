"""The adapter for X: connects the bot's account, and sees that mentions come in."""

from dataclasses import dataclass, field
from datetime import timedelta

from loguru import logger

from bot.adapters.base import AdapterStatus
from bot.adapters.table import said
from bot.adapters.x import budget, keys, lost, webhook
from bot.adapters.x.client import X, connected
from bot.adapters.x.gone import Watch
from bot.adapters.x.keys import Kept, NotConnected, mark_of
from bot.adapters.x.listening import PLATFORM, Line, Listener
from bot.adapters.x.polling import Poller, pause_s
from bot.adapters.x.speaker import XSpeaker
from clipnet import backoff
from clipnet.clock import Clock
from clipnet.errors import ClipNetError, Unavailable
from clipnet.settings import Settings
from db.pool import DATABASE_ERRORS

CATCH_UP_S = 900.0
"""Seconds between two looks for what a webhook may have missed."""
CHECK_UP_S = 3600.0
"""Seconds between two looks whether X still takes our webhook for a good one."""
LONGEST_PAUSE_S = 300.0


@dataclass(slots=True)
class XAdapter:
    """See `bot.adapters.base.Adapter`."""

    settings: Settings
    listener: Listener
    clock: Clock
    platform: str = PLATFORM
    status: AdapterStatus = field(default_factory=AdapterStatus)
    _watch: Watch = field(init=False)
    _registered_until: float = 0.0
    _lacks: str = ""

    def __post_init__(self) -> None:
        self._watch = Watch(self.listener)

    async def run(self) -> None:
        """Listen until cancelled. Raises `Misconfigured` or `NotAllowed` for credentials that are of no use."""
        while True:
            try:
                await self._connect()
            except NotConnected as error:
                await self._wait_for_sign_in(error)

    async def _connect(self) -> None:
        pool = self.listener.router.services.queue.pool
        found = await keys.find(self.settings, pool, self.clock)
        async with connected(self.settings.x, found, self.listener.limits, self.clock) as x:
            me = await x.me()
            self.listener.line = Line(x, me, XSpeaker(x, pool, self.settings.x.posts_a_day, known=me))
            try:
                await self._listen(x, Poller(self.listener, pool))
            finally:
                self.listener.line = None

    async def _wait_for_sign_in(self, error: NotConnected) -> None:
        """Tell the operators, and look every now and then whether somebody has signed in."""
        await lost.tell(self.listener.router.services.queue, error)
        self._now_waiting(error, self.settings.x.poll_s)
        while True:
            await self.clock.sleep(self.settings.x.poll_s)
            found = await keys.find(self.settings, self.listener.router.services.queue.pool, self.clock)
            if not isinstance(found, Kept) or mark_of(found.token) != error.mark:
                return

    async def _listen(self, x: X, poller: Poller) -> None:
        failures = 0
        while True:
            try:
                by_webhook = await self._told_by_webhook(x)
                await poller.poll()
                await self._watch.look(x)
                failures = 0
                wait_s = pause_s(self.listener.limits, CATCH_UP_S if by_webhook else self.settings.x.poll_s)
                await self._now_running()
            except (Unavailable, *DATABASE_ERRORS) as error:
                failures += 1
                wait_s = backoff.delay_s(error, failures, cap_s=LONGEST_PAUSE_S)
                self._now_waiting(error, wait_s)
            await self.clock.sleep(wait_s)

    async def _told_by_webhook(self, x: X) -> bool:
        """Whether X tells us of mentions by itself; where it doesn't, we ask more often."""
        address = self.settings.web.base_url
        if self.settings.x.transport != "webhook" or not address:
            return False
        if self.clock.monotonic_s() < self._registered_until:
            return True
        try:
            await webhook.register(x, f"{address.rstrip('/')}/hooks/{PLATFORM}")
        except ClipNetError as error:
            self._lacks = f"Mentions are polled, as X takes no webhook: {said(error)}"
            logger.warning("X takes no webhook; mentions are polled", why=error.sentence)
            return False
        self._registered_until = self.clock.monotonic_s() + CHECK_UP_S
        self._lacks = ""
        return True

    async def _now_running(self) -> None:
        pool = self.listener.router.services.queue.pool
        used = await budget.used(pool, self.clock)
        await budget.hear(pool, self.listener.limits)
        ours = {"posts that ClipNet allows itself today": f"{used} of {self.settings.x.posts_a_day} made"}
        self.status.limits = self.listener.limits.shown() | ours
        self.status.note = self._lacks
        if self.status.state != "running":
            self.status.state, self.status.since = "running", self.clock.now()

    def _now_waiting(self, error: Exception, wait_s: float) -> None:
        self.status.state, self.status.since = "waiting", self.clock.now()
        self.status.note = f"{said(error)} Asks again in {wait_s:.0f} s."
        self.status.limits = self.listener.limits.shown()
        logger.warning("mentions can't be asked for now", why=said(error), in_s=round(wait_s, 1))


def oldest(settings: Settings) -> timedelta:
    """How old a mention may be to be answered."""
    return timedelta(seconds=settings.x.lookback_s)
