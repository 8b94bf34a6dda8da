"""How an answer reaches the person who used a command, a button or a form."""

import asyncio
from typing import Any

import discord
from discord.utils import MISSING
from loguru import logger

from bot.adapters.discord.buttons import Shelf, view_of
from bot.adapters.discord.documents import documents_of
from bot.adapters.discord.library import TOKEN_ENDED, UNKNOWN_INTERACTION, UNKNOWN_WEBHOOK
from bot.adapters.discord.looks import NOBODY, embed_of, links_of
from bot.adapters.discord.reading import First, Met, language_of
from bot.adapters.discord.speaker import DiscordSpeaker, bare
from bot.answer import Answer
from bot.languages.telling import tell
from bot.speaker import Telling
from bot.views import Accepted
from bot.vocabulary import Place, Reply
from clipnet.errors import ClipNetError
from clipnet.texts import text
from db import underway
from db.pool import DATABASE_ERRORS
from pipeline.queue.facade import Queue

OVERTAKEN_S = 0.5
"""Seconds in which Discord surely has our answer to its own request."""
GONE = TOKEN_ENDED | {UNKNOWN_INTERACTION, 10008}


class Answers:
    """Shows answers. What goes wrong on Discord's side is logged: the command itself has been carried out."""

    def __init__(self, queue: Queue, speaker: DiscordSpeaker, shelf: Shelf, base_url: str | None) -> None:
        self._queue = queue
        self._speaker = speaker
        self._shelf = shelf
        self._base_url = base_url

    async def show(
        self, met: Met, first: First, answer: Answer | None, place: Place, *, overtaking: bool = False
    ) -> None:
        """Answer an interaction that was acknowledged before.

        `overtaking`: the acknowledgement went out by another way and may come after the answer, which Discord refuses
        as if nobody had asked; then it is shown once more.
        """
        try:
            await self._show(met, first, answer, place)
        except discord.HTTPException as error:
            if overtaking and error.code == UNKNOWN_WEBHOOK:
                await asyncio.sleep(OVERTAKEN_S)
                await self.show(met, first, answer, place)
                return
            await self._failed(error, answer, place)
        except Exception as error:
            logger.opt(exception=error).warning("an answer can't be shown on Discord", interaction=met.id)

    async def too_old(self, met: Met) -> None:
        """Answer a button that says nothing to us any more."""
        try:
            told = tell(Reply(text("That button is too old.")), language_of(met))
            await met.followup.send(**await self._parts(met, told), ephemeral=True, allowed_mentions=NOBODY)
        except Exception as error:
            logger.opt(exception=error).warning("an answer can't be shown on Discord", interaction=met.id)

    async def _show(self, met: Met, first: First, answer: Answer | None, place: Place) -> None:
        if first.kind == "message":
            await self._message(met, first, answer, place)
        elif answer is not None and not answer.quiet:
            await self._after_press(met, answer)

    async def _message(self, met: Met, first: First, answer: Answer | None, place: Place) -> None:
        if answer is None or answer.quiet:
            await met.delete_original_response()
            return
        if not first.private and (answer.reply.private or answer.reply.aside):
            # The visible “thinking” message can't be made private: it goes, and only the person sees what follows.
            await met.delete_original_response()
            await met.followup.send(**await self._parts(met, answer.reply), ephemeral=True, allowed_mentions=NOBODY)
            return
        message = await met.edit_original_response(**await self._whole(met, answer.reply), allowed_mentions=NOBODY)
        await self.remember(answer, place, str(message.id))

    async def _after_press(self, met: Met, answer: Answer) -> None:
        """A question that only the person sees gives way to its answer; a message that everybody sees stays."""
        if met.message is not None and met.message.flags.ephemeral:
            await met.edit_original_response(**await self._whole(met, answer.reply), allowed_mentions=NOBODY)
        else:
            await met.followup.send(**await self._parts(met, answer.reply), ephemeral=True, allowed_mentions=NOBODY)

    async def remember(self, answer: Answer, place: Place, message_id: str) -> None:
        """Write down which message tells of a request, so that any process can go on with it."""
        data = answer.reply.data
        if not isinstance(data, Accepted) or answer.reply.aside:
            return
        try:
            await underway.begin(
                self._queue.pool, data.request, place=place.stored(), handle=message_id, body=kept(answer.reply)
            )
        except DATABASE_ERRORS as error:
            logger.warning("a message can't be written down", request=data.request, error=type(error).__name__)

    async def _failed(self, error: discord.HTTPException, answer: Answer | None, place: Place) -> None:
        """Past the token's life a public answer becomes a message of the bot's own; a private one is lost."""
        lost = answer is None or answer.quiet or answer.reply.private or place.private
        if error.code not in GONE or lost or answer is None:
            logger.warning("Discord took no answer", status=error.status, code=error.code)
            return
        try:
            spoken = await self._speaker.say(bare(place), Telling(answer.reply, key=f"a{answer.trace_id.hex[:20]}"))
        except ClipNetError as refused:
            logger.warning("Discord took no answer", code=error.code, then=refused.code)
        else:
            await self.remember(answer, bare(place), spoken.id)

    async def _parts(self, met: Met, reply: Reply) -> dict[str, Any]:
        """What a new message is sent with."""
        whole = await self._whole(met, reply)
        files = whole.pop("attachments", [])
        return {name: MISSING if part is None else part for name, part in whole.items()} | {"files": files}

    async def _whole(self, met: Met, reply: Reply) -> dict[str, Any]:
        """What takes the place of a message's parts; None takes one away."""
        reply, documents = await documents_of(reply, met.filesize_limit)
        whole: dict[str, Any] = {
            "content": links_of(reply.media, self._base_url) or None,
            "embed": embed_of(reply),
            "view": await view_of(reply.actions, self._shelf),
        }
        return whole | {"attachments": documents} if documents else whole


def kept(reply: Reply) -> dict[str, Any]:
    """What the ledger keeps of what a message says, so that it can be shown again."""
    return {
        "text": reply.text,
        "fields": [[field.label, field.value] for field in reply.fields],
        "actions": [[a.label, a.command, a.args, list(a.ask)] for a in reply.actions],
    }
