"""`clipbot:report`: tell the moderators of a community, where they talk, that a clip was reported."""

from functools import partial

from bot import words
from bot.community import read_settings
from bot.languages import telling as languages
from bot.speaker import Speaker, Speakers, Telling
from bot.views import clock
from bot.vocabulary import Action, Field, Place, Reply
from clipnet.errors import NotFound
from clipnet.texts import text
from db import clips, communities, holds, reports
from db.clips import Clip
from db.reports import Report
from pipeline.jobs import Reported
from pipeline.worker.handler import Done, JobContext


async def tell_moderators(speakers: Speakers, ctx: JobContext, payload: Reported) -> Done:
    """Say it once, with buttons to decide; nothing where it was decided meanwhile.

    A community without a channel for its moderators isn't told in public what was reported: `reports` lists it there.

    Raises:
        NotFound: report, clip or community is gone, or nobody here speaks on the platform of that channel.
    """
    report = await reports.get(ctx.pool, payload.report_id)
    clip = await clips.by_id(ctx.pool, report.clip_id) if report else None
    community = await communities.get(ctx.pool, report.community_id) if report and report.community_id else None
    if report is None or clip is None or community is None:
        raise NotFound(text("What this report is about is gone."))
    settings = read_settings(community.settings)
    if settings.ops_channel is None or report.state != "open" or not await holds.is_held(ctx.pool, clip.id):
        return Done({"told": False})
    speaker = speakers.get(settings.ops_channel.platform)
    if speaker is None:
        raise NotFound(
            text("Nobody here speaks on {platform}.", platform=settings.ops_channel.platform),
            hint=text("Set its credentials and replay this."),
        )
    told = languages.tell(_words(report, clip), settings.language)
    telling = Telling(told, key=f"report-{report.id}", language=settings.language)
    place = settings.ops_channel.place()
    remote_id = await ctx.effect(
        f"report:{report.id}", partial(_say, speaker, place, telling), partial(_said, speaker, place, telling.key)
    )
    return Done({"told": True, "message": remote_id})


async def _say(speaker: Speaker, place: Place, telling: Telling) -> str:
    return (await speaker.say(place, telling)).id


async def _said(speaker: Speaker, place: Place, key: str) -> str | None:
    found = await speaker.find(place, key)
    return found.id if found else None


def _words(report: Report, clip: Clip) -> Reply:
    return Reply(
        text("Clip {id} was reported and is on hold.", id=clip.public_id),
        (
            Field(text("reason"), report.reason),
            Field(text("moment"), f"{clock(clip.start_s)}–{clock(clip.end_s)}"),
            Field(text("title"), clip.title or words.reason(clip.reason)),
        ),
        actions=(
            Action(text("Release"), "release", {"id": clip.public_id}),
            Action(text("Take down"), "takedown", {"id": clip.public_id}),
            Action(text("Show"), "show", {"id": clip.public_id}),
        ),
    )
