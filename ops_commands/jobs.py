"""`jobs stuck`, `jobs retry`, `jobs cancel`: jobs that need a hand."""

from bot.command import OPERATOR_SURFACES, Command, Param, Plan
from bot.context import Context
from bot.params import DURATION, INTEGER, JOB
from bot.vocabulary import Action, Reply
from clipnet.errors import Conflict, NotFound
from db import overview
from db.overview import JobLine
from ops_commands.views import JobList, JobView, job_line, job_view

FIFTEEN_MINUTES_S = 900.0


async def find(ctx: Context, job_id: int) -> JobLine:
    """A job.

    Raises:
        NotFound: there is none of that id.
    """
    job = await overview.job(ctx.conn, job_id)
    if job is None:
        raise NotFound(f"There is no job {job_id}.", hint="queue, jobs stuck and dead-letter list show jobs.")
    return job


async def now(ctx: Context, job_id: int, text: str) -> Reply:
    """A job as it stands after a change."""
    job = await find(ctx, job_id)
    return Reply(text, (job_line(job),), data=job_view(job))


async def restart(ctx: Context, job: JobLine) -> Reply:
    """Give a job a new life.

    Raises:
        Conflict: it is neither dead nor cancelled, perhaps since a moment ago.
    """
    if await ctx.replay(job.id) is None:
        raise Conflict(f"Job {job.id} is {(await find(ctx, job.id)).state}: nothing to retry.")
    return await now(ctx, job.id, f"Job {job.id} is ready again.")


async def _stuck(ctx: Context, *, older: float, limit: int) -> Reply:
    jobs = await overview.stuck(ctx.conn, older, limit)
    return Reply(
        f"{len(jobs)} stuck job{'s' * (len(jobs) != 1)}." if jobs else "No job is stuck.",
        fields=tuple(job_line(job) for job in jobs),
        actions=tuple(Action(f"Cancel {job.id}", "jobs cancel", {"job": job.id}) for job in jobs[:5]),
        data=JobList(items=[job_view(job) for job in jobs]),
    )


async def _retry(ctx: Context, *, job: int) -> Reply:
    return await restart(ctx, await find(ctx, job))


async def _plan_cancel(ctx: Context, *, job: int) -> Plan:
    found = await find(ctx, job)
    if found.state not in ("ready", "running"):
        raise Conflict(f"Job {job} is {found.state} already.")
    whose = f" of {found.clip or found.request}" if found.clip or found.request else ""
    return Plan(f"This stops job {job} ({found.kind}{whose}, {found.state}).", {"job": job, "state": found.state})


async def _cancel(ctx: Context, *, job: int) -> Reply:
    if await ctx.cancel_job(job) is None:
        raise Conflict(f"Job {job} has ended already.")
    return await now(ctx, job, f"Job {job} is told to stop.")


async def _complete_open(ctx: Context, typed: str) -> list[str]:
    return [str(i) for i in await overview.ids_in(ctx.conn, ["ready", "running"], typed)]


async def _complete_ended(ctx: Context, typed: str) -> list[str]:
    return [str(i) for i in await overview.ids_in(ctx.conn, ["dead", "cancelled"], typed)]


STUCK = Command(
    name="jobs stuck",
    help="List jobs that wait or run for too long",
    handler=_stuck,
    data=JobList,
    params=(
        Param("older", DURATION, "how long a job may wait", positional=True, default=FIFTEEN_MINUTES_S),
        Param("limit", INTEGER, "how many", default=20, minimum=1, maximum=100),
    ),
    role="viewer",
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("jobs stuck", "jobs stuck 5m"),
)
RETRY = Command(
    name="jobs retry",
    help="Give a dead or cancelled job a new life",
    handler=_retry,
    data=JobView,
    params=(Param("job", JOB, "the job", required=True, positional=True, minimum=1, complete=_complete_ended),),
    role="operator",
    changes="queues a job again, with all its attempts",
    private=True,
    starts_work=True,
    surfaces=OPERATOR_SURFACES,
    examples=("jobs retry 42",),
)
CANCEL = Command(
    name="jobs cancel",
    help="Stop a job",
    handler=_cancel,
    data=JobView,
    params=(Param("job", JOB, "the job", required=True, positional=True, minimum=1, complete=_complete_open),),
    role="operator",
    changes="stops a waiting or running job; jobs retry starts it again",
    plan=_plan_cancel,
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("jobs cancel 42", "jobs cancel 42 --noop"),
)
