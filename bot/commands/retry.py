"""`retry`: start failed or cancelled work again."""

from bot import lookup, words
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP_OR_REQUEST
from bot.views import Changed
from bot.vocabulary import Action, Reply
from clipnet.errors import Conflict
from clipnet.texts import text
from db import clips, jobs, requests
from db.clips import Clip
from db.requests import Request
from pipeline.jobs import CLIPBOT_NOTIFY

_ENDED = ("failed", "cancelled")


async def _retry(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    found = await lookup.clip_or_request(ctx, id)
    lookup.must_own(ctx, found)
    if isinstance(found, Clip):
        kind, said = "clip", text("Trying clip {id} again.", id=found.public_id)
        await _retry_clip(ctx, found)
    else:
        kind, said = "request", text("Trying request {id} again.", id=found.public_id)
        await _retry_request(ctx, found)
    await ctx.take_up(found.request_id if isinstance(found, Clip) else found.id)
    return Reply(
        said,
        actions=(Action(text("Cancel"), "cancel", {"id": found.public_id}),),
        data=Changed(id=found.public_id, kind=kind, state="queued"),
    )


async def _retry_request(ctx: Context, request: Request) -> None:
    state = await requests.lock(ctx.conn, request.id)
    if state not in _ENDED:
        raise Conflict(
            text("Request {id} is {state}: nothing to retry.", id=request.public_id, state=words.state(state)),
            hint=text("show {id}", id=request.public_id),
        )
    if not await _replay(ctx, request.id, None):
        raise Conflict(
            text("Request {id} has no step to try again.", id=request.public_id),
            hint=text("Ask for it again."),
        )
    await clips.requeue_of_request(ctx.conn, request.id)


async def _retry_clip(ctx: Context, clip: Clip) -> None:
    await requests.lock(ctx.conn, clip.request_id)
    state = await clips.lock(ctx.conn, clip.id)
    if state not in _ENDED:
        raise Conflict(
            text("Clip {id} is {state}: nothing to retry.", id=clip.public_id, state=words.state(state)),
            hint=text("show {id}", id=clip.public_id),
        )
    if not await _replay(ctx, clip.request_id, clip.id):
        raise Conflict(text("Clip {id} has no step to try again.", id=clip.public_id), hint=text("Ask for it again."))


async def _replay(ctx: Context, request_id: int, clip_id: int | None) -> int:
    """Give the ended steps of a request, or of one of its clips, a new life; a message that was lost stays lost.

    What was deleted stays deleted.
    """
    alive = {None, *(clip.id for clip in await clips.of_request(ctx.conn, request_id))}
    replayed = 0
    for job in await jobs.of_request(ctx.conn, request_id):
        wanted = clip_id in (None, job.clip_id) and job.clip_id in alive and job.kind != CLIPBOT_NOTIFY.kind
        if wanted and job.state in ("dead", "cancelled") and await ctx.replay(job.id):
            replayed += 1
    return replayed


RETRY = Command(
    name="retry",
    help="Start failed or cancelled work again",
    handler=_retry,
    data=Changed,
    params=(
        Param(
            "id", CLIP_OR_REQUEST, "the request or the clip", required=True, positional=True, complete=lookup.complete
        ),
    ),
    changes="queues the steps that failed or were cancelled",
    starts_work=True,
    examples=("retry 4N8WZ2",),
)
