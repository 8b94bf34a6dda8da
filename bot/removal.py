"""How a clip goes away, whoever decides it."""

from bot.context import Context
from db import clips, copies, polls, reports, request_work
from db.clips import Clip
from db.copies import Copy
from pipeline.steps import prune_job, report_job, takedown_job


async def hold(ctx: Context, clip_id: int) -> str:
    """Hold a clip that is to go, and before it its vote, as all do who hold both; returns the clip's state."""
    await polls.hold(ctx.conn, clip_id)
    return await clips.lock(ctx.conn, clip_id)


async def remove(ctx: Context, clip: Clip) -> list[Copy]:
    """Delete a clip that the caller holds; returns the messages that showed it, which are taken back one by one.

    Its work stops, its vote is over, its files go, whatever was reported of it is settled.
    """
    await ctx.cancel_clip(clip.id)
    await clips.set_state(ctx.conn, clip.id, "deleted")
    await polls.close_deleted(ctx.conn, clip.id)
    for report_id in await reports.decide(ctx.conn, clip.id, "upheld", ctx.user.id):
        await ctx.enqueue(report_job(clip.id, report_id, decided=True))
    if await request_work.end_with_clips(ctx.conn, clip.request_id):
        await ctx.tell_end(clip.request_id)
    await ctx.enqueue(prune_job(clip.id))
    shown = await copies.of_clip(ctx.conn, clip.id)
    for copy in shown:
        await ctx.enqueue(takedown_job(clip.id, copy.id))
    return shown
