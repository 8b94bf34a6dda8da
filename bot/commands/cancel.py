"""`cancel`: stop the work on a request or a clip."""

from bot import lookup, withdraw, words
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP_OR_REQUEST
from bot.views import Changed
from bot.vocabulary import Action, Reply
from clipnet.errors import Conflict
from clipnet.texts import text
from db import askers, clips, request_work, requests
from db.clips import Clip
from db.requests import Request


async def _cancel(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    found = await lookup.clip_or_request(ctx, id)
    if isinstance(found, Request):
        # Whoever was just joining it has joined by now, and whoever was leaving has handed it on.
        await requests.lock(ctx.conn, found.id)
        found = await requests.by_id(ctx.conn, found.id) or found
    if isinstance(found, Request) and (others := await _others(ctx, found)):
        ctx.changed += await withdraw.leave(ctx.tx, found.id, ctx.user.id, note="withdrawn") or []
        return Reply(
            text(
                "You left {id}; {n} other still asks for it.",
                "You left {id}; {n} others still ask for it.",
                id=id,
                n=others,
            ),
            data=Changed(id=found.public_id, kind="request", state=found.state),
        )
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
    if request.state not in withdraw.OPEN:
        raise Conflict(
            text("Request {id} is {state} already.", id=request.public_id, state=words.state(request.state)),
            hint=text("show {id}", id=request.public_id),
        )
    ctx.changed += await withdraw.cancel_request(ctx.tx, request.id, note=f"cancelled by user {ctx.user.id}")


async def _others(ctx: Context, request: Request) -> int:
    """How many others ask for an open request that this person, who is no moderator, asks for too."""
    if request.state not in withdraw.OPEN or ctx.may("moderator"):
        return 0
    present = [asker.user_id for asker in await askers.present(ctx.conn, request.id)]
    return len(present) - 1 if ctx.user.id in present else 0


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
