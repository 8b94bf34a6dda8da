"""The Twitch adapter: logs in when it can, listens to the channels of the communities, and tells how that goes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from typing import Any, Final

from loguru import logger

from bot.adapters.base import AdapterStatus
from bot.adapters.twitch import library
from bot.adapters.twitch.air import Air
from bot.adapters.twitch.answering import Answering
from bot.adapters.twitch.client import Client, logged_in
from bot.adapters.twitch.consent import TwitchConsent
from bot.adapters.twitch.counting import ChatCounter
from bot.adapters.twitch.hook import Heard
from bot.adapters.twitch.keeping import Keeper
from bot.adapters.twitch.listener import Listener
from bot.adapters.twitch.own_clips import LOOK_S, OwnClips
from bot.adapters.twitch.promises import Promises
from bot.adapters.twitch.reading import PLATFORM
from bot.adapters.twitch.speaker import TwitchSpeaker
from bot.adapters.twitch.subscriptions import Socket, Subscriptions, Transport, Webhook
from bot.adapters.twitch.troubles import Troubles
from bot.router import Router
from clipnet.clock import Clock, SystemClock
from clipnet.crypto import KeyRing
from clipnet.ending import end
from clipnet.errors import Unavailable
from clipnet.texts import text
from db import chat_counts, communities

STUCK_S: Final = 180.0
"""A socket that is not connected for this long is given up, and everything begins anew."""
SILENT: Final = 1.5
"""A socket is left once nothing came for this many times as long as Twitch promised to need at most."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are looked at, in seconds.

    Attributes:
        tend_s: channels, tokens and subscriptions.
        air_s: what is on air.
        relist_s: the subscriptions that Twitch holds for the webhook; those of a socket are known here.
        clip_s: whether a clip is there.
    """

    tend_s: float = 5.0
    air_s: float = 60.0
    relist_s: float = 600.0
    clip_s: float = LOOK_S


class TwitchAdapter:
    """Listens on Twitch. `listener` is there while it is logged in; the webhook's events go to it as well."""

    platform = PLATFORM

    def __init__(
        self,
        router: Router,
        ring: KeyRing,
        *,
        consent: TwitchConsent | None = None,
        clock: Clock | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.status = AdapterStatus()
        self.listener: Listener | None = None
        self._router = router
        self._consent = consent
        self._settings = router.services.settings
        self._clock = clock or SystemClock()
        self._pace = pace or Pace()
        self._bot_id = self._settings.twitch.bot_id or ""
        self.keeper = Keeper(router.services.queue.pool, ring, self._clock, bot_id=self._bot_id)
        self._lost_since_s: float | None = None

    async def run(self) -> None:
        """Listen until cancelled; see `Adapter`. Without the bot's consent it waits for it."""
        if self._consent is not None:
            await self._consent.resume()
        ears: list[Listener] = []
        hear = partial(_hear, ears)
        async with (
            logged_in(self._settings.twitch, keeper=self.keeper, hear=hear) as client,
            self._working(client, ears) as work,
        ):
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            for task in work:
                if task.done():
                    task.result()
        raise RuntimeError("it ended by itself")

    async def take(self, kind: str, body: dict[str, Any]) -> None:
        """An event of the webhook. Raises Unavailable while nobody listens."""
        if self.listener is None:
            raise Unavailable(text("ClipNet isn't listening to Twitch right now."), retry_after_s=1.0)
        await self.listener.take(kind, body)

    def overhear(self, body: dict[str, Any]) -> Heard:
        """What became of a notification of the webhook; nothing while nobody listens."""
        return self.listener.overhear(body) if self.listener is not None else Heard.NOTHING

    @asynccontextmanager
    async def _working(self, client: Client, ears: list[Listener]) -> AsyncIterator[list[asyncio.Task[None]]]:
        services = self._router.services
        prefix = self._settings.redis.prefix
        speaker = TwitchSpeaker(client, services.queue.redis, prefix, base_url=self._settings.web.base_url)
        own = OwnClips(client, self.keeper, self._clock, look_s=self._pace.clip_s)
        promises = Promises(services.queue.redis, prefix)
        answering = Answering(self._router, speaker, own, promises, self._clock, client.http)
        air = Air(client, self.keeper, services.queue, self._clock, site=services.settings.twitch.site)
        write = partial(chat_counts.put, services.queue.pool, share=self._share())
        counter = ChatCounter(PLATFORM, write, self._clock)
        subscriptions = Subscriptions(self._transport(client), self.keeper, self._clock, bot_id=self._bot_id)
        troubles = Troubles(client, self.keeper, services.queue, self._clock, bot_id=self._bot_id)
        listener = Listener(self._router, speaker, answering, air, counter, subscriptions, self._clock)
        ears.append(listener)
        work = [
            asyncio.create_task(counter.run(), name="twitch counts"),
            asyncio.create_task(
                self._tend(client, subscriptions, air, answering, troubles), name="twitch subscriptions"
            ),
        ]
        self.listener = listener
        try:
            yield work
        finally:
            self.listener = None
            ears.clear()
            await end(work)
            await listener.lanes.leave()
            await answering.leave()

    def _share(self) -> str:
        """Whose part of the chats is counted. A socket of ours hears all of it; webhooks knock at any one process."""
        return "" if self._settings.twitch.transport == "websocket" else token_hex(4)

    def _transport(self, client: Client) -> Transport:
        twitch = self._settings.twitch
        if twitch.transport == "websocket":
            return Socket(client)
        return Webhook(client, callback(self._settings.web.base_url), twitch.webhook_secret or "")

    async def _tend(
        self, client: Client, subscriptions: Subscriptions, air: Air, answering: Answering, troubles: Troubles
    ) -> None:
        looked_s = relisted_s = -1e9
        before: object = None
        while True:
            await client.doubt(taken(subscriptions.doubted))
            await client.load_tokens()
            if before is None:
                await answering.resume()
            channels = await communities.places_of(self._router.services.queue.pool, PLATFORM)
            ready = self._bot_id in client.tokens and self._bot_id not in self.keeper.troubles
            now_s = self._clock.monotonic_s()
            changed = (channels, sorted(client.tokens)) != before
            if changed:
                subscriptions.anew()
            if changed or now_s - looked_s >= self._pace.air_s:
                await air.look(channels)
                looked_s = now_s
            await self._leave_dead(client)
            due = changed or subscriptions.problems or now_s - relisted_s >= self._pace.relist_s
            if ready and (due or self._settings.twitch.transport == "websocket"):
                await subscriptions.tend(channels)
                relisted_s = now_s
            before = (channels, sorted(client.tokens))
            self._check_sockets(client)
            await troubles.tell(channels, taken(subscriptions.banned))
            self._tell(ready, subscriptions, answering)
            await self._clock.sleep(self._pace.tend_s)

    async def _leave_dead(self, client: Client) -> None:
        """Close sockets that Twitch forgot. What dead ones were for is then missing, and subscribed to by another."""
        if client.keepalive_s:
            for socket in library.silent_sockets(client, SILENT * client.keepalive_s):
                logger.warning("a socket of Twitch fell silent", socket=str(socket))
                await socket.close()
        library.drop_closed_sockets(client)

    def _check_sockets(self, client: Client) -> None:
        """Raises Unavailable for a socket that the library doesn't bring back."""
        if not library.lost_sockets(client):
            self._lost_since_s = None
            return
        now_s = self._clock.monotonic_s()
        self._lost_since_s = now_s if self._lost_since_s is None else self._lost_since_s
        if now_s - self._lost_since_s > STUCK_S:
            self._lost_since_s = None
            raise Unavailable(text("Twitch sends no events."), hint=text("ClipNet connects again by itself."))

    def _tell(self, ready: bool, subscriptions: Subscriptions, answering: Answering) -> None:
        notes = [*self.keeper.troubles.values(), *subscriptions.problems.values(), *answering.problems.values()]
        if not ready and self._bot_id not in self.keeper.troubles:
            notes.insert(0, "the bot's account has not consented: connect twitch --as bot")
        self.status.state = "running" if ready else "waiting"
        self.status.note = "; ".join(notes[:5])
        self.status.limits = {"subscriptions": str(subscriptions.count)}


def taken(noted: set[str]) -> set[str]:
    """What was noted, which is then noted no more."""
    found = set(noted)
    noted.clear()
    return found


def callback(base_url: str | None) -> str:
    """The address that Twitch sends its events to."""
    return f"{(base_url or '').rstrip('/')}/hooks/twitch"


def _hear(ears: list[Listener], event: str, payload: Any) -> None:
    for listener in ears:
        listener.hear(event, payload)
