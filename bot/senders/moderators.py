"""`clipbot:report`: tell the moderators of a community, where they talk, that a clip was reported."""

from bot import words
from bot.community import read_settings
from bot.senders.desk import Desk
from bot.speaker import Telling
from bot.views import clock
from bot.vocabulary import Action, Field, Reply
from clipnet.errors import NotFound
from clipnet.texts import text
from db import clips, communities, holds, reports
from db.clips import Clip
from db.reports import Report
from pipeline.jobs import Reported
from pipeline.worker.handler import Done, JobContext


async def tell_moderators(desk: Desk, ctx: JobContext, payload: Reported) -> Done:
    """Say it once, with buttons to decide; once it is decided say so in the same message, or nothing if there is none.

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
    if settings.ops_channel is None:
        return Done({"told": False})
    effect, place, key = f"report:{report.id}", settings.ops_channel.place(), f"report-{report.id}"
    telling = Telling(_words(report, clip), key=key, language=settings.language)
    if report.state == "open" and await holds.is_held(ctx.pool, clip.id):
        spoken = await desk.say(ctx, effect, place, telling)
        return Done({"told": True, "message": spoken.id})
    before = await desk.said(ctx, effect, place, key)
    if before is None or await desk.edit(before, telling) is None:
        return Done({"told": False})
    return Done({"told": True, "message": before.id})


def _words(report: Report, clip: Clip) -> Reply:
    fields = (
        Field(text("reason"), report.reason),
        Field(text("moment"), f"{clock(clip.start_s)}–{clock(clip.end_s)}"),
        Field(text("title"), clip.title or words.reason(clip.reason)),
    )
    show = Action(text("Show"), "show", {"id": clip.public_id})
    if report.state == "released":
        return Reply(
            text("Clip {id} was reported; a moderator let it go on.", id=clip.public_id), fields, actions=(show,)
        )
    if report.state == "upheld":
        return Reply(text("Clip {id} was reported and is deleted.", id=clip.public_id), fields)
    decide = (
        Action(text("Release"), "release", {"id": clip.public_id}),
        Action(text("Take down"), "takedown", {"id": clip.public_id}),
    )
    return Reply(text("Clip {id} was reported and is on hold.", id=clip.public_id), fields, actions=(*decide, show))
