"""`retry`: start failed or cancelled work again."""

from bot import lookup
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP_OR_REQUEST
from bot.views import Changed
from bot.vocabulary import Action, Reply
from clipnet.errors import Conflict
from db import clips, jobs, requests
from db.clips import Clip
from db.requests import Request
from pipeline.jobs import CLIPBOT_NOTIFY

_ENDED = ("failed", "cancelled")


async def _retry(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    found = await lookup.clip_or_request(ctx, id)
    lookup.must_own(ctx, found)
    kind = await (_retry_clip(ctx, found) if isinstance(found, Clip) else _retry_request(ctx, found))
    return Reply(
        f"Trying {kind} {found.public_id} again.",
        actions=(Action("Cancel", "cancel", {"id": found.public_id}),),
        data=Changed(id=found.public_id, kind=kind, state="queued"),
    )


async def _retry_request(ctx: Context, request: Request) -> str:
    state = await requests.lock(ctx.conn, request.id)
    if state not in _ENDED:
        raise Conflict(f"Request {request.public_id} is {state}: nothing to retry.", hint=f"show {request.public_id}")
    if not await _replay(ctx, request.id, None):
        raise Conflict(f"Request {request.public_id} has no step that could be tried again.", hint="Ask for it anew.")
    await clips.requeue_of_request(ctx.conn, request.id)
    return "request"


async def _retry_clip(ctx: Context, clip: Clip) -> str:
    await requests.lock(ctx.conn, clip.request_id)
    state = await clips.lock(ctx.conn, clip.id)
    if state not in _ENDED:
        raise Conflict(f"Clip {clip.public_id} is {state}: nothing to retry.", hint=f"show {clip.public_id}")
    if not await _replay(ctx, clip.request_id, clip.id):
        raise Conflict(f"Clip {clip.public_id} has no step that could be tried again.", hint="Ask for it anew.")
    return "clip"


async def _replay(ctx: Context, request_id: int, clip_id: int | None) -> int:
    """Give the ended steps of a request, or of one of its clips, a new life; a message that was lost stays lost."""
    replayed = 0
    for job in await jobs.of_request(ctx.conn, request_id):
        wanted = clip_id in (None, job.clip_id) and job.kind != CLIPBOT_NOTIFY.kind
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
