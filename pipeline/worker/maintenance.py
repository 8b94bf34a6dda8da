"""The handlers of `ops:*`: chores, and a job that fails on purpose."""

from dataclasses import asdict

from clipnet.errors import Conflict
from db import job_events
from db.pool import transaction
from db.retention import Retention, prune
from pipeline.jobs import OPS_PRUNE, OPS_SYNTHETIC_FAIL, Maintenance
from pipeline.worker.handler import Done, Handler, Handlers, JobContext


def pruner(keep: Retention) -> Handler[Maintenance]:
    """The handler of `ops:prune`. Deleting twice does no harm, so it needs no part in the job's own transaction."""

    async def run(ctx: JobContext, _: Maintenance) -> Done:
        async with transaction(ctx.pool) as conn:
            pruned = await prune(conn, keep)
        return Done(asdict(pruned))

    return run


async def synthetic_fail(ctx: JobContext, payload: Maintenance) -> Done:
    """Fails in its first life and succeeds once it was replayed, so that the way from a dead letter can be tried."""
    lives = [step for step in await job_events.history(ctx.pool, ctx.job_id) if step.from_state == "dead"]
    if not lives:
        raise Conflict("This job fails on purpose until it is replayed.", hint="Replay it: dead-letter replay.")

    async def act() -> str:
        return f"synthetic-{ctx.job_id}"

    await ctx.effect(f"synthetic:{ctx.job_id}", act)
    return Done({"note": payload.note, "replayed": len(lives)})


def handlers(keep: Retention | None = None) -> Handlers:
    """The chores' part of the worker's registry."""
    return {OPS_PRUNE.kind: pruner(keep or Retention()), OPS_SYNTHETIC_FAIL.kind: synthetic_fail}
