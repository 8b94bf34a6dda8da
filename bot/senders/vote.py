"""`clipbot:vote`: opens the vote on a clip, shows how it stands, and closes it; what its messages show is kept true."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import asyncpg

from bot import words
from bot.news import held, passed
from bot.places import place_of
from bot.quiet import quiet_for_s
from bot.senders import story as stories
from bot.senders.desk import ROWS, Desk
from bot.senders.meanwhile import overtaken
from bot.senders.post import announcement
from bot.senders.story import Story
from bot.speaker import Spoken, Telling
from bot.voting import COUNT_EVERY_S
from clipnet.clock import SystemClock
from clipnet.errors import ClipNetError, NotAllowed, Unavailable
from clipnet.texts import text
from db import clips, copies, polls, rights
from db.clips import Clip
from db.copies import Copy
from db.polls import Poll
from db.pool import transaction
from pipeline.jobs import NewJob, OfClip
from pipeline.steps import announce_job, close_vote_job, count_votes_job
from pipeline.worker.handler import Done, JobContext


async def vote(desk: Desk, ctx: JobContext, payload: OfClip) -> Done:
    """Bring the vote on a clip to where it should be: open it, close it when its time is over, else show how it stands.

    Which of these is due is read from the ledger, so a job that comes late or twice does no harm. Moderators hear once
    of a vote that passed and isn't enough, where they have a channel. A clip on hold is shown as such, and the time for
    which it is doesn't count.

    Raises:
        NotFound: nobody here speaks on the platform of the moderators' channel.
    """
    clip = await clips.by_id(ctx.pool, payload.clip_id)
    story = await stories.of_request(ctx.pool, clip.request_id) if clip else None
    if clip is None or story is None or clip.community_id is None or clip.state == "deleted":
        return Done({"skipped": "there is nothing to vote on"})
    async with transaction(ctx.pool) as conn:
        poll = await polls.settled(conn, clip.id)
    if poll is None and clip.public_id in story.videos and clip.state == "ready" and story.settings.quorum > 0:
        return _open(story, clip, clip.community_id)
    if poll is not None and poll.state == "open" and poll.due and clip.held_at is None:
        return _close(clip)
    shown = await _show(desk, ctx, story, clip)
    if poll is not None and poll.state == "passed" and clip.state == "ready" and clip.held_at is None:
        await _ask_moderators(desk, ctx, story, clip, poll)
    write = partial(_moved_on, clip, poll) if shown else None
    return Done({"shown": shown, "state": poll.state if poll else None}, write=write)


async def _moved_on(clip: Clip, poll: Poll | None, conn: asyncpg.Connection) -> Sequence[NewJob[Any]]:
    """Show it once more where somebody has decided or voted since it was read: another edit may have been the earlier
    one."""
    late = await overtaken(conn, clip)
    now = await polls.get(conn, clip.id)
    same = (poll and (poll.state, poll.up, poll.down)) == (now and (now.state, now.up, now.down))
    if late or same:
        return late
    slot, delay_s = await polls.slot(conn, COUNT_EVERY_S)
    return [count_votes_job(clip.id, clip.revision, slot, delay_s=delay_s)]


async def _ask_moderators(desk: Desk, ctx: JobContext, story: Story, clip: Clip, poll: Poll) -> None:
    spot = story.settings.ops_channel
    if spot is None:
        return
    why = text("This community's moderators agree to each clip.")
    if not poll.needs_moderator:
        why = (await rights.may_post_alone(ctx.pool, clip.id)).reason
    told = passed(clip.public_id, clip.title or words.reason(clip.reason), why, poll)
    effect = f"passed:{clip.id}:{clip.revision}"
    telling = Telling(told, key=f"p{clip.id}-{clip.revision}", language=story.settings.language)
    await desk.say(ctx, effect, spot.place(), telling)


def _open(story: Story, clip: Clip, community_id: int) -> Done:
    settings = story.settings
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
        poll, now = await polls.hold(conn, clip.id), await clips.settled(conn, clip.id)
        if poll is not None and poll.state == "open" and poll.due and now is not None and now.held_at is None:
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
    if copy.kind == "answer":
        reply = await story.reply(desk)
    else:
        visible = any(other.id == clip.id for other in story.clips)
        reply = await announcement(desk, story, clip) if visible else held(clip.public_id)
    telling = Telling(reply, key=f"v{ctx.job_id}-{copy.id}", language=story.settings.language)
    return await desk.edit(Spoken(copy.remote_id, place_of(copy.place), copy.url), telling)
