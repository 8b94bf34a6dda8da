"""`release`: let a held clip go on."""

from bot import lookup, voting
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP
from bot.views import Changed
from bot.vocabulary import Reply
from clipnet.errors import Conflict
from clipnet.texts import text
from db import clips, holds, polls, reports
from pipeline.steps import close_vote_job, notify_job, report_job, show_clip_job


async def _release(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    clip = await lookup.moderated(ctx, id)
    await polls.hold(ctx.conn, clip.id)
    state = await clips.lock(ctx.conn, clip.id)
    if state == "deleted":
        raise Conflict(text("Clip {id} is deleted already.", id=clip.public_id))
    left_s = await polls.make_up(ctx.conn, clip.id)
    if not await holds.release(ctx.conn, clip.id):
        raise Conflict(text("Clip {id} isn't on hold.", id=clip.public_id))
    for report_id in await reports.decide(ctx.conn, clip.id, "released", ctx.user.id):
        await ctx.enqueue(report_job(clip.id, report_id, decided=True))
    await ctx.enqueue(show_clip_job(clip.id, clip.revision))
    if left_s is not None:
        await ctx.enqueue(close_vote_job(clip.id, clip.revision, delay_s=left_s, again=True))
        await voting.recount(ctx, [clip.id])
    if state in clips.SEEN:
        # It became ready while it was held: nobody was told, no vote was opened, nothing was announced.
        await ctx.enqueue(notify_job(clip.request_id, clip.id))
    return Reply(
        text("Clip {id} goes on.", id=clip.public_id),
        data=Changed(id=clip.public_id, kind="clip", state=state),
    )


RELEASE = Command(
    name="release",
    help="Let a held clip go on",
    handler=_release,
    data=Changed,
    params=(Param("id", CLIP, "the clip", required=True, positional=True),),
    role="moderator",
    changes="shows a held clip again, and its vote goes on; what was reported of it is settled",
    private=True,
    examples=("release 7K3QX9",),
)
