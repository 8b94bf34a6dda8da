"""`queue`: how full the lanes are, what runs and what comes next."""

from pydantic import BaseModel

from bot.command import OPERATOR_SURFACES, Command, Param
from bot.context import Context
from bot.params import INTEGER
from bot.vocabulary import Field, Reply
from db import overview
from ops_commands.views import JobView, job_line, job_view


class LaneView(BaseModel):
    """One lane; `oldest_s` is how long its oldest ready job waits, in seconds."""

    lane: str
    ready: int
    running: int
    later: int
    oldest_s: float
    paused_by: str | None


class QueueView(BaseModel):
    """All lanes, and the jobs that run or come next."""

    lanes: list[LaneView]
    jobs: list[JobView]


async def _queue(ctx: Context, *, limit: int) -> Reply:
    lanes = await overview.lanes(ctx.conn)
    jobs = await overview.open_jobs(ctx.conn, limit)
    views = [LaneView.model_validate(lane, from_attributes=True) for lane in lanes]
    fields = [Field(lane.lane, _lane(lane)) for lane in views]
    waiting = sum(lane.ready + lane.later for lane in views)
    running = sum(lane.running for lane in views)
    return Reply(
        f"{running} running, {waiting} waiting.",
        fields=(*fields, *(job_line(job) for job in jobs)),
        data=QueueView(lanes=views, jobs=[job_view(job) for job in jobs]),
    )


def _lane(lane: LaneView) -> str:
    words = f"{lane.running} running, {lane.ready} ready, {lane.later} later"
    words += f", oldest waits {lane.oldest_s:.0f} s" if lane.ready else ""
    return words + (f", paused by {lane.paused_by}" if lane.paused_by else "")


QUEUE = Command(
    name="queue",
    help="Show the lanes, what runs and what comes next",
    handler=_queue,
    data=QueueView,
    params=(Param("limit", INTEGER, "how many jobs", default=10, minimum=1, maximum=100),),
    role="viewer",
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("queue",),
)
