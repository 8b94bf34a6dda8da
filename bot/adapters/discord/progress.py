"""Keeps the message of each open request up to date, and moves it to one of the bot's own before its token ends."""

import asyncio
from typing import Any

from loguru import logger

from bot.adapters.discord.speaker import DiscordSpeaker, bare
from bot.answer import action_of
from bot.places import place_of
from bot.speaker import Spoken, Telling
from bot.vocabulary import Field, Progress, Reply
from clipnet.clock import Clock
from clipnet.ending import end
from clipnet.errors import ClipNetError, NotAllowed, NotFound, Unavailable
from db import underway
from db.pool import DATABASE_ERRORS
from db.underway import Underway
from pipeline.events import Event
from pipeline.queue.facade import Queue
from pipeline.steps import notify_job

EVERY_S = 2.5
"""Seconds between two edits of one message."""
SWEEP_S = 15.0
MOVE_S = 90.0
"""Seconds before the end of its token in which a message is moved."""
MOST_FORGOTTEN = 10_000
PLATFORM = "discord"


class Follower:
    """Follows what the worker does. Everything it needs stands in the ledger, so a new process goes on from there."""

    def __init__(self, queue: Queue, speaker: DiscordSpeaker, clock: Clock) -> None:
        self._queue = queue
        self._speaker = speaker
        self._clock = clock
        self._news: dict[int, Event] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._others: dict[int, None] = {}

    async def run(self) -> None:
        """Follow until cancelled."""
        moving = asyncio.create_task(self._sweep(), name="discord messages move")
        try:
            while True:
                try:
                    async for event in self._queue.follow(None):
                        self._take(event)
                except (ClipNetError, *DATABASE_ERRORS) as error:
                    logger.warning("progress can't be followed now", error=type(error).__name__)
                await self._clock.sleep(EVERY_S)
        finally:
            await end([moving, *self._tasks.values()])

    def _take(self, event: Event) -> None:
        request_id = event.request_id
        if request_id is None or request_id in self._others or event.state != "running" or event.fraction is None:
            return
        self._news[request_id] = event
        if request_id not in self._tasks:
            self._tasks[request_id] = asyncio.create_task(self._keep(request_id), name=f"progress of {request_id}")

    async def _keep(self, request_id: int) -> None:
        """Show the newest word there is, then rest, until there is none."""
        try:
            while (event := self._news.pop(request_id, None)) is not None:
                await self._clock.sleep(max(EVERY_S, await self._tell(request_id, event)))
        except DATABASE_ERRORS as error:
            logger.info("progress isn't shown", error=type(error).__name__)
        finally:
            del self._tasks[request_id]

    async def _tell(self, request_id: int, event: Event) -> float:
        """Edit once; returns how long Discord wants to be left alone."""
        notice = await underway.of_request(self._queue.pool, request_id)
        if notice is not None and notice.place.get("platform") != PLATFORM:
            self._forget(request_id)
            return 0.0
        if notice is None or notice.handle is None:
            return 0.0
        if not await underway.advance(self._queue.pool, request_id, notice.revision):
            return 0.0
        rest_s = await self._show(notice, Progress(event.stage, event.fraction or 0.0, event.eta_s, event.note))
        await self._heal(request_id)
        return rest_s

    async def _show(self, notice: Underway, progress: Progress) -> float:
        try:
            await self._speaker.show(spoken_of(notice), said_of(notice), progress, notice.language)
        except Unavailable as error:
            return error.retry_after_s or 0.0
        except (NotFound, NotAllowed):
            self._forget(notice.request_id)
        except ClipNetError as error:
            logger.warning("progress isn't shown", error=error.code)
        return 0.0

    async def _heal(self, request_id: int) -> None:
        """A request that ended while our edit was on its way is told once more: ours may have covered its last word."""
        if await underway.of_request(self._queue.pool, request_id) is not None:
            return
        await self._queue.enqueue(notify_job(request_id))

    def _forget(self, request_id: int) -> None:
        """Nothing is to be shown for it (any more)."""
        if len(self._others) >= MOST_FORGOTTEN:
            del self._others[next(iter(self._others))]
        self._others[request_id] = None

    async def _sweep(self) -> None:
        stuck: set[int] = set()
        while True:
            try:
                until_s = self._clock.now().timestamp() + MOVE_S
                for notice in await underway.expiring(self._queue.pool, PLATFORM, until_s):
                    if notice.request_id not in stuck and not await self._move(notice):
                        stuck.add(notice.request_id)
            except (ClipNetError, *DATABASE_ERRORS) as error:
                logger.info("messages aren't moved now", error=type(error).__name__)
            await self._clock.sleep(SWEEP_S)

    async def _move(self, notice: Underway) -> bool:
        """Say in a message of the bot's own what the old one says, and lead there; False where that can't be.

        Raises:
            Unavailable: to be tried again.
        """
        old = spoken_of(notice)
        if old.place.private:
            return False
        key = f"moved-{notice.request_id}"
        try:
            new = await self._speaker.find(bare(old.place), key)
            telling = Telling(said_of(notice), key, language=notice.language)
            new = new or await self._speaker.say(bare(old.place), telling)
        except (NotFound, NotAllowed) as error:
            logger.warning("a message can't be moved", request=notice.public_id, why=error.code)
            return False
        place = new.place.stored()
        if not await underway.advance(self._queue.pool, notice.request_id, notice.revision, handle=new.id, place=place):
            if await underway.of_request(self._queue.pool, notice.request_id) is None:
                await self._speaker.delete(new)
            return True
        try:
            await self._speaker.point_on(old, new.url or "", notice.language)
        except ClipNetError as error:
            logger.info("the old message doesn't lead to the new one", why=error.code)
        return True


def spoken_of(notice: Underway) -> Spoken:
    """Where the message of a request is."""
    return Spoken(notice.handle or "", place_of(notice.place))


def said_of(notice: Underway) -> Reply:
    """What the message of a request says, but for its progress."""
    body: dict[str, Any] = notice.body
    return Reply(
        str(body.get("text") or notice.public_id),
        tuple(Field(*field) for field in body.get("fields") or ()),
        actions=tuple(action_of(action) for action in body.get("actions") or ()),
    )
