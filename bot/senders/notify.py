"""`clipbot:notify`: the last word on a request or a clip, told where it was asked for."""

from collections.abc import Mapping
from typing import Any, Protocol

import asyncpg

from bot import words
from bot.community import language_of
from bot.languages import telling
from bot.views import ClipView, RequestView, clip_view, clock, request_view
from bot.vocabulary import Field, Media, Reply
from clipnet.errors import NotFound
from clipnet.texts import Text, joined, text
from db import clips, notices, requests
from db.notices import Notice
from db.requests import Request
from pipeline.jobs import Notify
from pipeline.worker.handler import Done, JobContext

ENDED = frozenset({"done", "failed", "cancelled"})
ROWS = frozenset({"console", "web"})
"""Platforms whose message is the notice's row itself: whoever follows the request reads it there."""


class Sender(Protocol):
    """Speaks on one platform with send-only credentials."""

    async def send(self, notice: Notice, reply: Reply) -> str:
        """Send the message, or edit the one that `notice.handle` names; returns the platform's id of it."""


async def notify(senders: Mapping[str, Sender], ctx: JobContext, payload: Notify) -> Done:
    """Say how things stand, once; what is told is read now, so that a late message is never an old one.

    Raises:
        NotFound: the request is gone.
    """
    async with ctx.pool.acquire() as conn:
        request = await requests.by_id(conn, payload.request_id)
        notice = await notices.get(conn, payload.request_id)
        view = await _view(conn, request) if request else None
        language = await language_of(conn, request.community_id if request else None)
    if view is None or notice is None:
        raise NotFound(text("The request that this message is about is gone."))
    reply, final = telling.tell(tell(view), language), view.state in ENDED
    platform = str(notice.place.get("platform", ""))
    handle = None
    if sender := senders.get(platform):
        handle = await ctx.effect(f"notify:{ctx.job_id}", lambda: sender.send(notice, reply))
    elif platform not in ROWS:
        raise NotFound(
            text("Nobody here speaks on {platform}.", platform=platform or "?"),
            hint=text("Set its credentials and replay this."),
        )

    async def write(conn: asyncpg.Connection) -> None:
        await notices.say(conn, payload.request_id, _body(reply, view), final=final, handle=handle)

    return Done({"state": view.state, "final": final}, write=write)


async def _view(conn: Any, request: Request) -> RequestView:
    inside = await clips.of_request(conn, request.id)
    stored = await clips.stored(conn, [clip.id for clip in inside])
    return request_view(request, [clip_view(clip, stored.get(clip.id)) for clip in inside])


def tell(view: RequestView) -> Reply:
    """A request in words, with every clip that can be seen."""
    ready = [clip for clip in view.clips if clip.video]
    fields = [Field(clip.id, _line(clip)) for clip in ready]
    fields += [Field(clip.id, joined([clip.error.sentence, clip.error.hint])) for clip in view.clips if clip.error]
    media = tuple(Media("video", clip.video, clip.id) for clip in ready if clip.video)
    return Reply(_headline(view, len(ready)), tuple(fields), media, data=view)


def _line(clip: ClipView) -> Text:
    return text("{span}: {why}", span=f"{clock(clip.start_s)}–{clock(clip.end_s)}", why=words.reason(clip.reason))


def _headline(view: RequestView, ready: int) -> Text:
    if view.state == "done":
        return text("Request {id} is done: {n} clip.", "Request {id} is done: {n} clips.", id=view.id, n=ready)
    if view.state == "failed":
        why = joined([view.error.sentence, view.error.hint]) if view.error else text("It failed.")
        return text("Request {id} failed: {why}", id=view.id, why=why)
    if view.state == "cancelled":
        return text("Request {id} was cancelled.", id=view.id)
    return text(
        "Request {id} goes on: {n} clip so far.", "Request {id} goes on: {n} clips so far.", id=view.id, n=ready
    )


def _body(reply: Reply, view: RequestView) -> dict[str, Any]:
    fields = [[field.label, field.value] for field in reply.fields]
    return {"text": reply.text, "fields": fields, "state": view.state, "clips": [clip.id for clip in view.clips]}
