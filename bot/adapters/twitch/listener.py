"""What is heard on Twitch, whichever way it came: counted, understood, handed to the router, answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import asyncpg
from loguru import logger

from bot.adapters.twitch import library
from bot.adapters.twitch.air import Air
from bot.adapters.twitch.answering import Answering
from bot.adapters.twitch.counting import ChatCounter
from bot.adapters.twitch.hook import Heard
from bot.adapters.twitch.lanes import Lanes
from bot.adapters.twitch.reading import PLATFORM, Said, clip_ids, emotes_of, invocation, read
from bot.adapters.twitch.speaker import TwitchSpeaker
from bot.adapters.twitch.subscriptions import Subscriptions
from bot.hooks import legible
from bot.router import Router
from bot.withdraw import leave, withdraw
from clipnet.clock import Clock
from clipnet.errors import Unavailable
from db import askers, clips, communities, identities
from db.jobs import Changed

MESSAGE: Final = "channel.chat.message"
KINDS: Final = {
    MESSAGE: "message",
    "channel.chat.message_delete": "message_delete",
    "channel.chat.clear_user_messages": "chat_clear_user",
    "stream.online": "stream_online",
    "stream.offline": "stream_offline",
}
"""Kinds of events by the name that the library gives them."""
REMEMBERED: Final = 50_000


class Ears:
    """Counts every message of people, once, and tells which of them there is more to do about."""

    def __init__(self, bot_id: str, counter: ChatCounter) -> None:
        self._bot_id = bot_id
        self._counter = counter
        self._seen: tuple[set[int], set[int]] = (set(), set())

    def concerns(self, message: Any, at: datetime, *, counted: bool = False) -> bool:
        """Count a message, unless another process has; whether there is more to do about it.

        What another channel's chat wrote isn't counted here, nor obeyed: it is heard there.
        """
        if message.source_broadcaster is not None:
            return False
        if message.chatter.id == self._bot_id:
            return True
        if not counted and not self._again(message.id):
            self._counter.count(message.broadcaster.id, at.timestamp(), message.chatter.id, emotes_of(message))
        text: str = message.text
        return text.lstrip()[:1] == "!" or (message.reply is not None and "!" in text)

    def _again(self, message_id: str) -> bool:
        """Whether this message was heard before, among the last `REMEMBERED` at least."""
        newer, older = self._seen
        mark = hash(message_id)
        if mark in newer or mark in older:
            return True
        newer.add(mark)
        if len(newer) >= REMEMBERED:
            self._seen = (set(), newer)
        return False


class Listener:
    """One login's ears. `hear` takes what comes by the websocket, `take` what comes by the webhook."""

    def __init__(
        self,
        router: Router,
        speaker: TwitchSpeaker,
        answering: Answering,
        air: Air,
        counter: ChatCounter,
        subscriptions: Subscriptions,
        clock: Clock,
    ) -> None:
        self._router = router
        self._pool: asyncpg.Pool = router.services.queue.pool
        self._speaker = speaker
        self._answering = answering
        self._air = air
        self._ears = Ears(speaker.bot_id, counter)
        self._subscriptions = subscriptions
        self._clock = clock
        self._bot_id = speaker.bot_id
        self.lanes = Lanes(self._handle, clock)

    def hear(self, event: str, payload: Any) -> None:
        """Something came by the websocket; costs no more than counting unless it is for us."""
        if event == "revoked":
            self._subscriptions.revoked(payload.raw)
            return
        at = payload.timestamp or self._clock.now()
        if event != "message" or self._ears.concerns(payload, at):
            own = event == "message" and payload.chatter.id == self._bot_id
            self.lanes.put(f"{payload.broadcaster.id}{'/own' if own else ''}", (event, payload, at))

    def overhear(self, body: Mapping[str, Any]) -> Heard:
        """Count what came by the webhook, verified; what became of it. Nothing is raised."""
        try:
            if body["subscription"]["type"] != MESSAGE:
                return Heard.NOTHING
            payload = library.model_of(MESSAGE, body, {}, self._answering.http)
            concerns = self._ears.concerns(payload, datetime.fromisoformat(body["at"]))
        except (AttributeError, LookupError, TypeError, ValueError):
            return Heard.NOTHING  # it is written down, and whoever tries to handle it says what is wrong
        return Heard.COUNTED if concerns else Heard.DONE

    async def take(self, kind: str, body: Mapping[str, Any]) -> None:
        """Something came by the webhook, verified and written down. Raises what is to be tried again, or `BadInput`."""
        with legible():
            if kind == "revocation":
                self._subscriptions.revoked(body["subscription"])
                return
            event_type = str(body["subscription"]["type"])
            event = KINDS.get(event_type)
            if event is None:
                return
            payload = library.model_of(event_type, body, {}, self._answering.http)
            at = datetime.fromisoformat(body["at"])
            counted = body.get("counted") is True
            concerns = event != "message" or self._ears.concerns(payload, at, counted=counted)
        if concerns:
            await self._handle((event, payload, at))

    async def _handle(self, heard: tuple[str, Any, datetime]) -> None:
        event, payload, at = heard
        match event:
            case "message" if payload.chatter.id == self._bot_id:
                badges = {badge.set_id for badge in payload.badges}
                await self._speaker.heard(
                    str(payload.broadcaster.id),
                    str(payload.text),
                    str(payload.id),
                    moderates=not badges.isdisjoint({"moderator", "broadcaster"}),
                )
            case "message":
                with legible():
                    said = read(payload, at, bot_id=self._bot_id)
                await self._ask(said)
            case "message_delete":
                await withdraw(self._router.services, PLATFORM, str(payload.message_id))
            case "chat_clear_user":
                await self._silenced(str(payload.broadcaster.id), str(payload.user.id))
            case "stream_online":
                await self._air.began(payload.broadcaster.id, payload.id, payload.started_at)
            case "stream_offline":
                await self._air.ended(payload.broadcaster.id, at, payload.id)

    async def _ask(self, said: Said) -> None:
        if not said.asks:
            return
        clip = await self._clip(said) if said.parent_is_ours and said.parent else None
        asked = invocation(said, live=self._air.is_live(said.channel_id), clip=clip)
        answer = await self._router.handle(asked)
        if answer is None:
            return
        if answer.problem is not None and answer.problem.status == Unavailable.status:
            raise Unavailable(answer.problem.sentence, retry_after_s=answer.problem.retry_after_s)
        await self._answering.answer(said, asked, answer)

    async def _clip(self, said: Said) -> str | None:
        """The clip that one of our own messages told of."""
        for public_id in clip_ids(said.parent or ""):
            if await clips.by_public_id(self._pool, public_id) is not None:
                return public_id
        return None

    async def _silenced(self, channel_id: str, chatter_id: str) -> None:
        """A moderator banned somebody or timed them out: what they ask for there is not asked for any more."""
        changed: list[Changed] = []
        async with self._router.services.queue.transaction(created_by="silenced") as tx:
            community = await communities.at_place(tx.conn, PLATFORM, channel_id)
            known = await identities.by_platform_id(tx.conn, PLATFORM, chatter_id)
            if community is not None and known is not None:
                for request_id in await askers.open_of(tx.conn, known.user_id, community.id):
                    changed += await leave(tx, request_id, known.user_id, note="silenced on Twitch") or []
        await self._router.services.queue.tell(changed)
        logger.info("somebody was silenced on Twitch", channel=channel_id, cancelled=len(changed))
