"""`report` and `reports`: say that something is wrong with a clip, and see what became of it."""

from pydantic import BaseModel

from bot import lookup
from bot.command import Command, Limit, Param
from bot.context import Context
from bot.params import CLIP, TEXT
from bot.vocabulary import Action, Field, Reply
from clipnet.errors import Conflict, NotAllowed
from clipnet.texts import Text, text
from db import clips, holds, reports
from db.reports import Report
from pipeline.steps import report_job, show_clip_job


class ReportView(BaseModel):
    """A report. `state`: open, released (nothing was found wrong) or upheld."""

    id: int
    clip: str
    reason: str
    state: str


class Reports(BaseModel):
    """Reports that wait for a moderator, or one's own."""

    items: list[ReportView]


async def _report(ctx: Context, *, id: str, reason: str) -> Reply:  # noqa: A002
    clip = await lookup.clip(ctx, id)
    if clip.community_id is None or clip.community_id != ctx.community_id:
        raise NotAllowed(
            text("Only clips of this community can be reported here."), hint=text("Ask where the clip was made.")
        )
    if await clips.lock(ctx.conn, clip.id) == "deleted":
        raise Conflict(text("Clip {id} is deleted already.", id=clip.public_id))
    if await reports.was_released(ctx.conn, clip.id, ctx.user.id):
        raise Conflict(text("Moderators have looked at clip {id} and found nothing wrong.", id=clip.public_id))
    report_id = await reports.put(ctx.conn, clip.id, ctx.user.id, clip.community_id, reason)
    if report_id is None:
        raise Conflict(
            text("You have reported clip {id} already.", id=clip.public_id), hint=text("`reports` tells more.")
        )
    if await holds.hold(ctx.conn, clip.id, reason):
        await ctx.enqueue(report_job(clip.id, report_id))
        await ctx.enqueue(show_clip_job(clip.id, clip.revision))
    return Reply(
        text(
            "Thank you. Clip {id} is on hold until a moderator has looked at it; `reports` tells how it ends.",
            id=clip.public_id,
        ),
        private=True,
        data=ReportView(id=report_id, clip=clip.public_id, reason=reason, state="open"),
    )


async def _reports(ctx: Context) -> Reply:
    moderates = ctx.community_id is not None and ctx.may("moderator")
    if moderates and ctx.community_id is not None:
        found = await reports.waiting(ctx.conn, ctx.community_id)
    else:
        found = await reports.of_user(ctx.conn, ctx.user.id)
    head = text("{n} report.", "{n} reports.", n=len(found)) if found else text("There are no reports.")
    return Reply(
        head,
        tuple(Field(report.clip, _line(report)) for report in found),
        actions=_decide(found[0].clip) if moderates and found else (),
        private=True,
        data=Reports(items=[ReportView(id=r.id, clip=r.clip, reason=r.reason, state=r.state) for r in found]),
    )


def _line(report: Report) -> Text:
    if report.state == "released":
        return text("Moderators found nothing wrong: {reason}", reason=report.reason)
    if report.state == "upheld":
        return text("The clip was taken away: {reason}", reason=report.reason)
    return text("It waits for a moderator: {reason}", reason=report.reason)


def _decide(clip: str) -> tuple[Action, ...]:
    return (
        Action(text("Release"), "release", {"id": clip}),
        Action(text("Take down"), "takedown", {"id": clip}),
    )


REPORT = Command(
    name="report",
    help="Say that something is wrong with a clip",
    handler=_report,
    data=ReportView,
    params=(
        Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_here),
        Param("reason", TEXT, "what is wrong with it", required=True, positional=True),
    ),
    changes="holds the clip until a moderator decides",
    limit=Limit(5, 3600),
    private=True,
    examples=('report 7K3QX9 "shows my address"',),
)
REPORTS = Command(
    name="reports",
    help="What waits for a moderator; for everybody else, what became of their reports",
    handler=_reports,
    data=Reports,
    private=True,
    examples=("reports",),
)
