"""From a mention to an invocation, and from its answer to at most one post: what fails is not told in public."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from loguru import logger

from bot.adapters.x.client import Account, Unsure, X
from bot.adapters.x.limits import Limits
from bot.adapters.x.mentions import Mention, video_of
from bot.adapters.x.speaker import XSpeaker
from bot.answer import Answer
from bot.commands.vote import CHOICES
from bot.grammar import find, split
from bot.router import Router
from bot.speaker import Telling
from bot.vocabulary import Actor, Invocation, Place, Subject
from clipnet.errors import ClipNetError, Unavailable
from clipnet.texts import text
from db import copies

PLATFORM: Final = "x"
_TIME = re.compile(r"\d{1,5}(:\d{1,2}){0,2}s?([-–—]\d{1,5}(:\d{1,2}){0,2}s?)?")
TOLD_TO_ALL: Final = frozenset({"export-me", "help"})
"""Commands whose answer is private elsewhere to spare others, and holds nothing that they may not know."""
_THIS: Final = frozenset({"this", "that", "it"})
_SKIN = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")


@dataclass(slots=True)
class Line:
    """The bot's account while it is connected."""

    x: X
    me: Account
    speaker: XSpeaker


@dataclass(slots=True)
class Listener:
    """Hears mentions, however they arrive; the same one twice is answered once.

    Attributes:
        line: None while the adapter isn't connected.
        oldest: how old a mention may be to be answered.
    """

    router: Router
    limits: Limits
    oldest: timedelta
    line: Line | None = None

    async def hear(self, mention: Mention) -> None:
        """Act on one mention. Raises `Unavailable`: it is to be heard again, which does nothing twice."""
        line = self.connected()
        if line.x.clock.now() - mention.at > self.oldest:
            return
        invocation = await self._invocation(line, mention)
        if invocation is None:
            return
        answer = await self.router.handle(invocation)
        if answer is None or (answer.replayed and mention.first != mention.id):
            return  # not for us, or what it said before it was edited has its answer
        if answer.problem is not None:
            if answer.problem.status == Unavailable.status:
                raise Unavailable(answer.problem.sentence, retry_after_s=answer.problem.retry_after_s)
            return
        if self._worth_telling(answer):
            await self._tell(line, invocation, answer)

    def connected(self) -> Line:
        """The line. Raises `Unavailable` when there is none."""
        if self.line is None:
            raise Unavailable(text("X is not connected."), retry_after_s=5.0)
        return self.line

    async def _invocation(self, line: Line, mention: Mention) -> Invocation | None:
        """What was meant; None when it was not meant for us."""
        clip = await self._clip(mention)
        actor = Actor(PLATFORM, mention.author.id, mention.author.username, mention.author_since)
        whole = Invocation(mention.first, PLATFORM, actor, place_of(mention, line.me), message_id=mention.id)
        vote = CHOICES.get(_SKIN.sub("", mention.said).lower())
        if clip is not None and vote is not None:
            return replace(whole, command="vote", args={"choice": vote}, subject=Subject(clip=clip))
        if not mention.explicit:
            return None
        video = mention.video
        if video is None and mention.unresolved is not None:
            video = video_of(await line.x.posts([mention.unresolved]))
        words = self._words(mention.said, has_subject=video is not None or clip is not None)
        return replace(whole, text=words, subject=Subject(video=video, clip=clip)) if words else None

    async def _clip(self, mention: Mention) -> str | None:
        """The clip that our post shows to which this one answers."""
        if mention.answers is None:
            return None
        return await copies.shown_by(self.router.services.queue.pool, PLATFORM, mention.answers)

    def _words(self, said: str, *, has_subject: bool) -> str | None:
        """What the router is to read; None for words that are no command of ours."""
        words = split(said)
        if not words:
            return "clip" if has_subject else None
        command, rest = find(self.router.registry, PLATFORM, words)
        if command is not None:
            return said
        first = words[0].lower().rstrip(":,.!")
        if has_subject and (first in _THIS or _TIME.fullmatch(first)):
            return " ".join(["clip", *(words if first not in _THIS else rest[1:])])
        return None

    def _worth_telling(self, answer: Answer) -> bool:
        """Whether everybody may read it now; the end of work is told by the worker, what is private by nobody."""
        reply = answer.reply
        command = self.router.registry.find(answer.command or "", PLATFORM)
        works = command is not None and command.starts_work
        private = reply.private and answer.command not in TOLD_TO_ALL
        return not (works or private or reply.aside or answer.quiet or answer.pending)

    async def _tell(self, line: Line, invocation: Invocation, answer: Answer) -> None:
        telling = Telling(answer.reply, f"x{int(invocation.event_id or 0):x}", answers=invocation.message_id)
        try:
            await line.speaker.say(invocation.place, telling)
        except Unsure:
            raise Unavailable(text("It can't be known whether X posted the answer.")) from None
        except ClipNetError as error:
            if isinstance(error, Unavailable) and error.retry_after_s is None:
                raise
            logger.warning("an answer on X was not posted", trace_id=str(answer.trace_id), why=error.sentence)


def place_of(mention: Mention, me: Account) -> Place:
    """Where it was asked: the thread, within the bot's account, which is what a community is bound to."""
    extra = {"post": mention.id} | ({"others": ",".join(mention.others)} if mention.others else {})
    return Place(PLATFORM, mention.conversation, extra=extra, within=me.id)
