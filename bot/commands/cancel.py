"""`cancel`: stop the work on a request or a clip."""

from bot import lookup, words
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP_OR_REQUEST
from bot.views import Changed
from bot.vocabulary import Action, Reply
from clipnet.errors import Conflict
from clipnet.texts import text
from db import clips, request_work, requests
from db.clips import Clip
from db.requests import Request


async def _cancel(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    found = await lookup.clip_or_request(ctx, id)
    lookup.must_own(ctx, found)
    if isinstance(found, Clip):
        kind, said = "clip", text("Cancelled clip {id}.", id=found.public_id)
        await _cancel_clip(ctx, found)
    else:
        kind, said = "request", text("Cancelled request {id}.", id=found.public_id)
        await _cancel_request(ctx, found)
    return Reply(
        said,
        actions=(Action(text("Retry"), "retry", {"id": found.public_id}),),
        data=Changed(id=found.public_id, kind=kind, state="cancelled"),
    )


async def _cancel_request(ctx: Context, request: Request) -> None:
    state = await requests.lock(ctx.conn, request.id)
    if state not in ("queued", "working"):
        raise Conflict(
            text("Request {id} is {state} already.", id=request.public_id, state=words.state(state)),
            hint=text("show {id}", id=request.public_id),
        )
    await ctx.cancel_request(request.id)
    await clips.cancel_of_request(ctx.conn, request.id)
    await requests.set_state(ctx.conn, request.id, "cancelled")
    await ctx.tell_end(request.id)


async def _cancel_clip(ctx: Context, clip: Clip) -> None:
    state = await clips.lock(ctx.conn, clip.id)
    if state not in ("queued", "rendering"):
        raise Conflict(
            text("Clip {id} is {state} already.", id=clip.public_id, state=words.state(state)),
            hint=text("show {id}", id=clip.public_id),
        )
    await ctx.cancel_clip(clip.id)
    await clips.set_state(ctx.conn, clip.id, "cancelled")
    if await request_work.end_with_clips(ctx.conn, clip.request_id):
        await ctx.tell_end(clip.request_id)


CANCEL = Command(
    name="cancel",
    help="Stop the work on a request or a clip",
    handler=_cancel,
    data=Changed,
    params=(
        Param(
            "id", CLIP_OR_REQUEST, "the request or the clip", required=True, positional=True, complete=lookup.complete
        ),
    ),
    changes="stops the jobs of a request or a clip; retry starts them again",
    examples=("cancel 4N8WZ2",),
)
