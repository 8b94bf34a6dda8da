"""`hold`: keep a clip back until somebody decides."""

from bot import lookup
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP, TEXT
from bot.views import Changed
from bot.vocabulary import Action, Reply
from clipnet.errors import Conflict
from clipnet.texts import text
from db import clips, holds
from pipeline.steps import show_clip_job


async def _hold(ctx: Context, *, id: str, reason: str | None) -> Reply:  # noqa: A002
    clip = await lookup.moderated(ctx, id)
    if await clips.lock(ctx.conn, clip.id) == "deleted":
        raise Conflict(text("Clip {id} is deleted already.", id=clip.public_id))
    if not await holds.hold(ctx.conn, clip.id, reason or ""):
        raise Conflict(text("Clip {id} is on hold already.", id=clip.public_id))
    await ctx.enqueue(show_clip_job(clip.id, clip.revision))
    return Reply(
        text("Clip {id} is on hold.", id=clip.public_id),
        actions=(
            Action(text("Release"), "release", {"id": clip.public_id}),
            Action(text("Take down"), "takedown", {"id": clip.public_id}),
        ),
        data=Changed(id=clip.public_id, kind="clip", state=clip.state),
    )


HOLD = Command(
    name="hold",
    help="Keep a clip back until somebody decides",
    handler=_hold,
    data=Changed,
    params=(
        Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_here),
        Param("reason", TEXT, "why", positional=True),
    ),
    role="moderator",
    changes="hides the clip from others, and keeps it from being approved or posted",
    private=True,
    examples=('hold 7K3QX9 "needs a look"',),
)
