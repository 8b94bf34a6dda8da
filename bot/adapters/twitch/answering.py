"""Answers in chat: each event once, whoever hears it; what is on air with Twitch's own clip at once."""

import asyncio
import hashlib
import re
from dataclasses import replace
from typing import Any, Final

import aiohttp
from loguru import logger

from bot.adapters.twitch.lanes import Lanes
from bot.adapters.twitch.own_clips import OwnClips
from bot.adapters.twitch.promises import Promise, Promises
from bot.adapters.twitch.reading import PLATFORM, Said
from bot.adapters.twitch.speaker import TwitchSpeaker
from bot.answer import Answer
from bot.command import Command
from bot.community import language_of
from bot.languages.telling import tell
from bot.router import Router
from bot.speaker import Telling
from bot.views import Accepted
from bot.vocabulary import Invocation, Place, Reply
from clipnet.clock import Clock
from clipnet.ending import end
from clipnet.errors import ClipNetError, Unavailable
from clipnet.texts import joined, text
from db import communities, requests

WAITING: Final = 50
"""Answers of a channel that may wait to be said; what comes on top nobody would read."""
AT_ONCE: Final = 16
_OPTION: Final = re.compile(r" \[--[^\]]*\]")
LATE_S: Final = 120.0
"""An answer that was promised longer ago is not given any more: by then the clip itself is about to be shown."""


class Answering:
    """Says what the router answered.

    Attributes:
        problems: by channel, why nothing can be said there, and what to do.
    """

    def __init__(
        self, router: Router, speaker: TwitchSpeaker, own: OwnClips, promises: Promises, clock: Clock, http: Any
    ) -> None:
        self._registry = router.registry
        self._pool = router.services.queue.pool
        self._speaker = speaker
        self._own = own
        self._promises = promises
        self._clock = clock
        self._voice = Lanes(self._say, clock, at_once=AT_ONCE, longest=WAITING)
        self._clipping: dict[str, asyncio.Task[None]] = {}
        self.http = http
        self.problems: dict[str, str] = {}

    async def answer(self, said: Said, asked: Invocation, answer: Answer) -> None:
        """See to it that it is said, once; a channel's answers go out one after another, and hold nothing else up."""
        if answer.quiet or answer.reply.aside or not await self._mine(said.id, answer):
            return
        if answer.problem is not None and not await self._speaker.news(said.channel_id, answer.reply.text):
            return
        request = await self._clipped_live(asked, answer)
        if request is None:
            self._voice.put(said.channel_id, (said.channel_id, said.id, self._in_public(answer), key_of(said.id)))
            return
        now_s = self._clock.now().timestamp()
        promise = Promise(request, said.channel_id, said.id, answer.reply.text, now_s)
        await self._promises.put(promise)
        self._keep(promise)

    async def resume(self) -> None:
        """Keep what a process promised that is gone, unless nobody waits for it any more."""
        for promise in await self._promises.all():
            if self._clock.now().timestamp() - promise.since_s > LATE_S:
                await self._promises.drop(promise)
            else:
                self._keep(promise)

    async def leave(self) -> None:
        """Leave the clips that are waited for to whoever resumes."""
        await end(list(self._clipping.values()))
        await self._voice.leave()

    def _in_public(self, answer: Answer) -> Reply:
        """The reply without what only those who hold a role may see: here everybody reads along, and has no buttons."""
        reply, command = answer.reply, self._registry.find(answer.command or "", PLATFORM)
        if command is None:
            return reply
        if answer.problem is not None:
            return replace(reply, text=reply.text.replace(command.usage, brief(command)))
        if answer.pending is not None:
            return Reply(joined([reply.text, "→ !confirm"]))
        return Reply(reply.text) if reply.private and command.role is not None else reply

    async def _mine(self, event_id: str, answer: Answer) -> bool:
        """Whether this process answers; without Redis, who handled it first does."""
        first = await self._speaker.first(event_id)
        return first if first is not None else not answer.replayed

    async def _clipped_live(self, asked: Invocation, answer: Answer) -> str | None:
        """The public id of a request that this message was the first to make of what is on air."""
        made = answer.reply.data
        if asked.subject.live is None or answer.replayed or not isinstance(made, Accepted):
            return None
        request = await requests.by_public_id(self._pool, made.request)
        return made.request if request is not None and request.source_kind == "live" else None

    def _keep(self, promise: Promise) -> None:
        """Once: what is asked by the webhook may be promised before what was promised earlier is resumed."""
        request = promise.request
        if request in self._clipping:
            return
        task = self._clipping[request] = asyncio.create_task(self._with_clip(promise), name=f"twitch clip {request}")
        task.add_done_callback(lambda _: self._clipping.pop(request))

    async def _with_clip(self, promise: Promise) -> None:
        """One message, when Twitch's clip is there or when it is clear that there will be none."""
        channel = promise.channel_id

        async def made(clip_id: str) -> None:
            promise.clip_id = clip_id
            await self._promises.put(promise)

        if not promise.clip_id:
            await self._own.mark(channel, f"ClipNet {promise.request}")
        waited_s = max(0.0, self._clock.now().timestamp() - promise.since_s)
        url = await self._own.make(channel, made, clip_id=promise.clip_id, waited_s=waited_s)
        reply = Reply(promise.words)
        if url is not None:
            community = await communities.at_place(self._pool, PLATFORM, channel)
            language = await language_of(self._pool, community.id if community else None)
            reply = tell(Reply(text("{told} Twitch's own clip: {url}", told=promise.words, url=url)), language)
        key = f"own-{promise.request.lower()}"
        if await self._speaker.first(key) is not False:
            self._voice.put(channel, (channel, promise.message_id, reply, key))
        await self._promises.drop(promise)

    async def _say(self, answer: tuple[str, str, Reply, str]) -> None:
        """Raises Unavailable alone; what takes a person's doing is noted."""
        channel, message_id, reply, key = answer
        try:
            await self._speaker.say(Place(PLATFORM, channel), Telling(reply, key, answers=message_id))
        except Unavailable:
            raise
        except ClipNetError as error:
            self.problems[channel] = f"channel {channel}: {error.sentence} {error.hint}"
            logger.warning("nothing can be said on Twitch", channel=channel, why=error.sentence)
        except (aiohttp.ClientError, TimeoutError) as error:
            logger.warning("nobody knows whether Twitch took a message", channel=channel, error=type(error).__name__)
        else:
            self.problems.pop(channel, None)


def brief(command: Command) -> str:
    """The usage line as somebody in a chat needs it."""
    return f"!{_OPTION.sub('', command.usage)}"


def key_of(event_id: str) -> str:
    """A key by which the answer to an event can be found again."""
    return f"a-{hashlib.sha256(event_id.encode()).hexdigest()[:20]}"
