"""`dead-letter list|show|replay|discard`: jobs that were given up."""

from typing import Any

from bot.command import OPERATOR_SURFACES, Command, Param, Plan
from bot.context import Context
from bot.params import INTEGER, JOB, TEXT
from bot.vocabulary import Action, Field, Reply
from clipnet.errors import Conflict
from db import job_events, overview
from db.overview import JobLine
from ops_commands.jobs import find, now, restart
from ops_commands.views import JobList, JobView, job_line, job_view


async def _dead(ctx: Context, job_id: int) -> JobLine:
    job = await find(ctx, job_id)
    if job.state != "dead":
        raise Conflict(
            f"Job {job_id} is {job.state}, not a dead letter.", hint="dead-letter list shows those there are."
        )
    return job


async def _list(ctx: Context, *, kind: str | None, limit: int, before: int | None) -> Reply:
    found = await overview.dead(ctx.conn, kind=kind, before=before, limit=limit + 1)
    jobs, more = found[:limit], len(found) > limit
    return Reply(
        f"{len(jobs)} dead letter{'s' * (len(jobs) != 1)}." if jobs else "No dead letters.",
        fields=tuple(job_line(job) for job in jobs),
        data=JobList(items=[job_view(job) for job in jobs], next=jobs[-1].id if more else None),
    )


async def _show(ctx: Context, *, job: int) -> Reply:
    found = await _dead(ctx, job)
    history = await job_events.history(ctx.conn, job)
    lines = [Field(f"{step.at:%H:%M:%S}", f"{step.to_state} {step.note}".strip()) for step in history]
    return Reply(
        f"Job {job} was given up.",
        fields=(job_line(found), *lines),
        actions=(
            Action("Replay", "dead-letter replay", {"job": job}),
            Action("Discard", "dead-letter discard", {"job": job}),
        ),
        data=job_view(found),
    )


async def _replay(ctx: Context, *, job: int) -> Reply:
    return await restart(ctx, await _dead(ctx, job))


async def _plan_discard(ctx: Context, *, job: int) -> Plan:
    found = await _dead(ctx, job)
    state: dict[str, Any] = {"job": job, "state": found.state, "ended": str(found.ended_at)}
    return Plan(f"This takes job {job} ({found.kind}) off the list of dead letters.", state)


async def _discard(ctx: Context, *, job: int) -> Reply:
    if await ctx.discard(job) is None:
        raise Conflict(f"Job {job} is no dead letter any more.")
    return await now(ctx, job, f"Job {job} is discarded.")


async def _complete(ctx: Context, typed: str) -> list[str]:
    return [str(i) for i in await overview.ids_in(ctx.conn, ["dead"], typed)]


_JOB = Param("job", JOB, "the job", required=True, positional=True, minimum=1, complete=_complete)

LIST = Command(
    name="dead-letter list",
    help="List jobs that were given up",
    handler=_list,
    data=JobList,
    params=(
        Param("kind", TEXT, "only of this kind, such as ffmpeg:polish", positional=True),
        Param("limit", INTEGER, "how many", default=20, minimum=1, maximum=100),
        Param("before", JOB, "go on before this job", minimum=1),
    ),
    role="viewer",
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("dead-letter list",),
)
SHOW = Command(
    name="dead-letter show",
    help="Show why a job was given up",
    handler=_show,
    data=JobView,
    params=(_JOB,),
    role="viewer",
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("dead-letter show 42",),
)
REPLAY = Command(
    name="dead-letter replay",
    help="Try a job again that was given up",
    handler=_replay,
    data=JobView,
    params=(_JOB,),
    role="operator",
    changes="queues a job again, with all its attempts; what it did outside is not done twice",
    private=True,
    starts_work=True,
    surfaces=OPERATOR_SURFACES,
    examples=("dead-letter replay 42",),
)
DISCARD = Command(
    name="dead-letter discard",
    help="Take a dead letter off the list",
    handler=_discard,
    data=JobView,
    params=(_JOB,),
    role="operator",
    changes="marks a dead letter as dealt with; jobs retry still finds it",
    plan=_plan_discard,
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("dead-letter discard 42", "dead-letter discard 42 --noop"),
)
