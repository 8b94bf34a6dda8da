"""`clipbot:notify`: how a request or a clip ended, told where it was asked for, to everyone who asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from bot.languages import telling as languages
from bot.places import place_of, same
from bot.quiet import quiet_for_s
from bot.senders import story as stories
from bot.senders.desk import ROWS, Desk
from bot.senders.meanwhile import overtaken
from bot.senders.story import Story
from bot.speaker import Spoken, Telling
from bot.vocabulary import Place, Reply
from bot.voting import COUNT_EVERY_S
from clipnet.clock import SystemClock
from clipnet.errors import ClipNetError, Unavailable
from db import clips, copies, effects, notices, polls
from db.clips import Clip
from db.polls import Poll
from pipeline.jobs import NewJob, Notify
from pipeline.steps import announce_job, count_votes_job, open_vote_job
from pipeline.worker.handler import Done, JobContext

SILENT_ON_FAILURE = frozenset({"x"})
"""Platforms where everything is public: what failed isn't told there."""


@dataclass(frozen=True, slots=True)
class _Stop:
    """A place to tell, and the message there that asked."""

    place: Place
    message_id: str | None


async def notify(desk: Desk, ctx: JobContext, payload: Notify) -> Done:
    """Say how things stand; what is told is read now, so that a late message is never an old one.

    The request's own message is edited where it can be, and each other place that somebody asked from hears of the end
    once. A place that can't be told keeps none of the others from being told. Of a request whose asker was forgotten
    nothing is told.

    Raises:
        NotFound: nobody here speaks on its platform.
    """
    story = await stories.of_request(ctx.pool, payload.request_id)
    if story is None:
        return Done({"skipped": "the request is gone"})
    reply = await story.reply(desk)
    said: list[Spoken] = []
    failed: list[ClipNetError] = []
    own: Spoken | None = None
    for number, stop in enumerate(_stops(story, payload)):
        try:
            spoken = await _tell(desk, ctx, story, reply, stop, number, payload)
        except ClipNetError as error:
            failed.append(error)
            continue
        if spoken is not None:
            said.append(spoken)
            own = spoken if number == 0 else own
    if failed:
        raise next((error for error in failed if isinstance(error, Unavailable)), failed[0])

    async def write(conn: asyncpg.Connection) -> Sequence[NewJob[Any]]:
        await notices.say(
            conn,
            payload.request_id,
            _body(languages.tell(reply, story.settings.language), story),
            final=story.over,
            handle=own.id if own else None,
            place=own.place.stored() if own else None,
        )
        await _remember(conn, story, said)
        return [*await _decided(conn, story), *await _overtaken(conn, story)]

    return Done({"state": story.view.state, "final": story.over}, then=_then(story, payload), write=write)


def _stops(story: Story, payload: Notify) -> list[_Stop]:
    """Where to tell, each place once: the request's own first, the other askers' when all is over."""
    own = place_of(story.notice.place)
    first = next((a.message_id for a in story.askers if same(place_of(a.place), own)), None)
    stops = [_Stop(own, first)]
    if payload.about == "request":
        for asker in story.askers:
            place = place_of(asker.place)
            if not any(same(place, stop.place) for stop in stops):
                stops.append(_Stop(place, asker.message_id))
    return stops


async def _tell(
    desk: Desk, ctx: JobContext, story: Story, reply: Reply, stop: _Stop, number: int, payload: Notify
) -> Spoken | None:
    """Tell one place; None where nothing is to be said, or the row itself says it."""
    if stop.place.platform in ROWS:
        return None
    speaker = desk.speaker(stop.place.platform)
    if _unsaid(story, stop.place):
        return None
    files = await desk.files(ctx, stop.place.platform, story.videos)
    telling = Telling(
        reply,
        key=f"n{ctx.job_id}-{number}",
        answers=stop.message_id,
        files=files,
        language=story.settings.language,
    )
    if number == 0 and story.notice.handle and speaker.can_edit:
        edited = await desk.edit(Spoken(story.notice.handle, stop.place), telling)
        if edited is not None:
            return edited
    if story.view.state == "cancelled" or (payload.about == "clip" and not speaker.can_edit):
        return None
    effect = f"notify:{ctx.job_id}:{number}"
    before = await effects.get(ctx.pool, effect)
    spoken = await desk.say(ctx, effect, stop.place, telling)
    if before is not None and before.state != "failed" and speaker.can_edit:
        # An earlier try said it, as things stood then.
        return await desk.edit(spoken, telling) or spoken
    return spoken


def _unsaid(story: Story, place: Place) -> bool:
    return story.view.state == "failed" and place.platform in SILENT_ON_FAILURE and not place.private


def _then(story: Story, payload: Notify) -> Sequence[NewJob[Any]]:
    """A clip that can be seen is put to the vote and announced, where its community does that."""
    clip = next((clip for clip in story.clips if clip.id == payload.clip_id), None)
    if payload.about != "clip" or clip is None or clip.state not in clips.SEEN or clip.community_id is None:
        return ()
    if story.settings.quorum > 0 and clip.public_id not in story.polls and clip.state == "ready":
        return (open_vote_job(clip.id, clip.revision),)
    if story.settings.clip_channel is not None:
        delay_s = quiet_for_s(story.settings.quiet_hours, SystemClock().now())
        return (announce_job(clip.id, clip.revision, delay_s=delay_s),)
    return ()


async def _overtaken(conn: asyncpg.Connection, story: Story) -> Sequence[NewJob[Any]]:
    """Show votes again that were opened or cast while this was being told: it shows them as they were."""
    now = await polls.of_clips(conn, [clip.id for clip in story.clips])
    moved = [clip for clip in story.clips if clip.public_id in story.videos and _moved(story, clip, now.get(clip.id))]
    if not moved:
        return ()
    slot, delay_s = await polls.slot(conn, COUNT_EVERY_S)
    return [count_votes_job(clip.id, clip.revision, slot, delay_s=delay_s) for clip in moved]


def _moved(story: Story, clip: Clip, now: Poll | None) -> bool:
    then = story.polls.get(clip.public_id)
    return (then and (then.state, then.up, then.down)) != (now and (now.state, now.up, now.down))


async def _decided(conn: asyncpg.Connection, story: Story) -> Sequence[NewJob[Any]]:
    """Take back, or put right, what was decided on while this was being told."""
    return [job for clip in story.clips if clip.public_id in story.videos for job in await overtaken(conn, clip)]


async def _remember(conn: asyncpg.Connection, story: Story, said: Sequence[Spoken]) -> None:
    for clip in story.clips:
        for spoken in said if clip.public_id in story.videos else ():
            place = spoken.place.stored()
            await copies.put(conn, clip.id, "answer", place=place, remote_id=spoken.id, url=spoken.url)


def _body(reply: Reply, story: Story) -> dict[str, Any]:
    fields = [[field.label, field.value] for field in reply.fields]
    return {
        "text": reply.text,
        "fields": fields,
        "state": story.view.state,
        "clips": [clip.id for clip in story.view.clips],
    }
