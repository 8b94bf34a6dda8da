"""`clipbot:post`: a finished clip, announced in its community's clip channel."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from bot.community import CommunitySettings, settings_of
from bot.news import announce
from bot.places import place_of, same
from bot.quiet import quiet_for_s
from bot.senders import story as stories
from bot.senders.desk import Desk
from bot.senders.meanwhile import overtaken
from bot.senders.story import Story
from bot.speaker import Spoken, Telling
from bot.views import ClipView
from bot.vocabulary import Reply
from clipnet.clock import SystemClock
from db import clips, copies
from db.clips import Clip
from db.copies import Copy
from pipeline.jobs import NewJob, OfClip
from pipeline.steps import announce_job, show_clip_job
from pipeline.worker.handler import Done, JobContext, Write


async def post(desk: Desk, ctx: JobContext, payload: OfClip) -> Done:
    """Announce a clip once; not where it was shown as an answer, and not one that is held or was changed meanwhile.

    An announcement of an earlier cut is edited to show this one. What becomes of the clip while it is announced is
    found out afterwards.

    Raises:
        NotFound: nobody here speaks on the platform of the clip channel.
    """
    clip = await clips.by_id(ctx.pool, payload.clip_id)
    story = await stories.of_request(ctx.pool, clip.request_id) if clip else None
    settings = await settings_of(ctx.pool, clip.community_id) if clip else None
    if clip is None or settings is None or settings.clip_channel is None:
        return Done({"skipped": "no clip, or no clip channel"})
    place, effect, key = settings.clip_channel.place(), f"announce:{ctx.job_id}", f"a{ctx.job_id}"
    if story is None or clip.public_id not in story.videos or clip.revision != payload.revision:
        said = await desk.said(ctx, effect, place, key)
        write = _remembering(clip, said, as_it_is=False) if said else None
        return Done({"skipped": "the clip is not to be shown as it was"}, write=write)
    if (wait_s := _quiet_s(settings)) > 0:
        return Done({"skipped": "quiet hours"}, then=[announce_job(clip.id, clip.revision, delay_s=wait_s)])
    telling = Telling(
        await announcement(desk, story, clip),
        key=key,
        files=await desk.files(ctx, place.platform, {clip.public_id: story.videos[clip.public_id]}),
        language=story.settings.language,
    )
    there = [copy for copy in await copies.of_clip(ctx.pool, clip.id) if same(place_of(copy.place), place)]
    if there:
        edited = await _renewed(desk, there, telling)
        return Done({"edited": edited}, write=_remembering(clip, None) if edited else None)
    spoken = await desk.say(ctx, effect, place, telling)
    return Done({"place": place.id}, write=_remembering(clip, spoken))


def _remembering(clip: Clip, spoken: Spoken | None, *, as_it_is: bool = True) -> Write:
    """Writes down where the clip is announced, and has that put right where the clip isn't `as_it_is` shown there."""

    async def write(conn: asyncpg.Connection) -> Sequence[NewJob[Any]]:
        if spoken is not None:
            stored = spoken.place.stored()
            await copies.put(conn, clip.id, "announcement", place=stored, remote_id=spoken.id, url=spoken.url)
        late = await overtaken(conn, clip)
        return late if late or as_it_is else [show_clip_job(clip.id, clip.revision)]

    return write


async def _renewed(desk: Desk, there: Sequence[Copy], telling: Telling) -> int:
    """Show what the clip has become in the announcement that is there; an answer in that place is edited as such."""
    edited = 0
    for copy in there:
        if copy.kind == "announcement":
            spoken = Spoken(copy.remote_id, place_of(copy.place), copy.url)
            edited += await desk.edit(spoken, telling) is not None
    return edited


async def announcement(desk: Desk, story: Story, clip: Clip) -> Reply:
    """The message that announces a clip, as it should read now."""
    view = _view(story, clip)
    links = await desk.links([view.video] if view.video else [])
    names = [asker.name for asker in story.askers]
    return announce(view, askers=names, poll=story.polls.get(clip.public_id), links=links)


def _view(story: Story, clip: Clip) -> ClipView:
    return next(view for view in story.view.clips if view.id == clip.public_id)


def _quiet_s(settings: CommunitySettings) -> float:
    return quiet_for_s(settings.quiet_hours, SystemClock().now())
