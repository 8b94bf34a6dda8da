"""How a clip goes away, whoever decides it."""

from bot.context import Context
from db import clips, copies, reports, request_work
from db.clips import Clip
from db.copies import Copy
from pipeline.steps import prune_job, report_job, takedown_job


async def remove(ctx: Context, clip: Clip) -> list[Copy]:
    """Delete a clip that the caller holds; returns the messages that showed it, which are taken back one by one.

    Its work stops, its files go, whatever was reported of it is settled.
    """
    await ctx.cancel_clip(clip.id)
    await clips.set_state(ctx.conn, clip.id, "deleted")
    for report_id in await reports.decide(ctx.conn, clip.id, "upheld", ctx.user.id):
        await ctx.enqueue(report_job(clip.id, report_id, decided=True))
    if await request_work.end_with_clips(ctx.conn, clip.request_id):
        await ctx.tell_end(clip.request_id)
    await ctx.enqueue(prune_job(clip.id))
    shown = await copies.of_clip(ctx.conn, clip.id)
    for copy in shown:
        await ctx.enqueue(takedown_job(clip.id, copy.id))
    return shown
