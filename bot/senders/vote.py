"""`clipbot:vote`: opens the vote on a clip, shows how it stands, and closes it."""

from typing import Any

import asyncpg

from bot.places import place_of
from bot.quiet import quiet_for_s
from bot.senders import story as stories
from bot.senders.desk import ROWS, Desk
from bot.senders.post import announcement
from bot.senders.story import Story
from bot.speaker import Spoken, Telling
from clipnet.clock import SystemClock
from clipnet.errors import ClipNetError, NotAllowed, Unavailable
from db import clips, copies, polls
from db.clips import Clip
from db.copies import Copy
from db.pool import transaction
from pipeline.jobs import NewJob, OfClip
from pipeline.steps import announce_job, close_vote_job, count_votes_job
from pipeline.worker.handler import Done, JobContext


async def vote(desk: Desk, ctx: JobContext, payload: OfClip) -> Done:
    """Bring the vote on a clip to where it should be: open it, close it when its time is over, else show its counts.

    Which of these is due is read from the ledger, so a job that comes late or twice does no harm.
    """
    clip = await clips.by_id(ctx.pool, payload.clip_id)
    story = await stories.of_request(ctx.pool, clip.request_id) if clip else None
    if clip is None or story is None or clip.community_id is None:
        return Done({"skipped": "there is nothing to vote on"})
    async with transaction(ctx.pool) as conn:
        poll = await polls.settled(conn, clip.id)
    if poll is None:
        return _open(story, clip)
    if poll.state == "open" and poll.due:
        return _close(clip)
    shown = await _show(desk, ctx, story, clip)
    return Done({"shown": shown, "up": poll.up, "down": poll.down})


def _open(story: Story, clip: Clip) -> Done:
    settings, community_id = story.settings, clip.community_id
    if clip.public_id not in story.videos or clip.state != "ready" or settings.quorum == 0 or community_id is None:
        return Done({"skipped": f"the clip is {clip.state}, quorum {settings.quorum}"})
    then: list[NewJob[Any]] = [
        close_vote_job(clip.id, clip.revision, delay_s=settings.vote_window_s),
        count_votes_job(clip.id, clip.revision, 0),
    ]
    if settings.clip_channel is not None:
        delay_s = quiet_for_s(settings.quiet_hours, SystemClock().now())
        then.append(announce_job(clip.id, clip.revision, delay_s=delay_s))

    async def write(conn: asyncpg.Connection) -> None:
        await polls.open_poll(
            conn,
            clip.id,
            community_id,
            quorum=settings.quorum,
            window_s=settings.vote_window_s,
            needs_moderator=settings.approval == "moderator",
        )

    return Done({"opened": clip.public_id}, then=then, write=write)


def _close(clip: Clip) -> Done:
    async def write(conn: asyncpg.Connection) -> list[NewJob[Any]]:
        poll = await polls.hold(conn, clip.id)
        if poll is not None and poll.state == "open" and poll.due:
            await polls.end(conn, clip.id, "failed")
        return [count_votes_job(clip.id, clip.revision, 0)]

    return Done({"closed": clip.public_id}, write=write)


async def _show(desk: Desk, ctx: JobContext, story: Story, clip: Clip) -> int:
    """Edit every message that shows the clip; returns how many were. One that can't be edited is no reason to fail."""
    edited = 0
    for copy in await copies.of_clip(ctx.pool, clip.id):
        if copy.platform in ROWS or copy.platform not in desk.speakers or copy.kind == "post":
            continue
        try:
            edited += await _edit(desk, ctx, story, clip, copy) is not None
        except Unavailable:
            raise
        except (NotAllowed, ClipNetError):
            continue
    return edited


async def _edit(desk: Desk, ctx: JobContext, story: Story, clip: Clip, copy: Copy) -> Spoken | None:
    reply = await (announcement(desk, story, clip) if copy.kind == "announcement" else story.reply(desk))
    telling = Telling(reply, key=f"v{ctx.job_id}-{copy.id}", language=story.settings.language)
    return await desk.edit(Spoken(copy.remote_id, place_of(copy.place), copy.url), telling)
