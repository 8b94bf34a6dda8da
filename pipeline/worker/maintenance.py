"""The handlers of `ops:*`: chores, and a job that fails on purpose."""

from dataclasses import asdict

from asyncpg import Pool

from clipnet.errors import Conflict
from clipnet.texts import text
from db import deleted, erasure, job_events, takedowns
from db.pool import transaction
from db.retention import Retention, prune
from pipeline.jobs import OPS_PRUNE, OPS_SYNTHETIC_FAIL, Maintenance
from pipeline.steps import takedown_job
from pipeline.storage import Storage
from pipeline.worker.handler import Done, Handler, Handlers, JobContext


def pruner(storage: Storage, keep: Retention) -> Handler[Maintenance]:
    """The handler of `ops:prune`. Deleting twice does no harm, so it needs no part in the job's own transaction."""

    async def run(ctx: JobContext, _: Maintenance) -> Done:
        files = await _take_out(ctx.pool, storage) + await _take_out_sources(ctx.pool, storage)
        async with transaction(ctx.pool) as conn:
            pruned = await prune(conn, keep)
            await erasure.sweep(conn)
        late = await takedowns.overlooked(ctx.pool)
        return Done({**asdict(pruned), "files": files}, then=[takedown_job(*copy) for copy in late])

    return run


async def _take_out(pool: Pool, storage: Storage) -> int:
    """Remove what deleted clips have in the store; returns how many files went."""
    found = await deleted.spent(pool)
    if not found.rows:
        return 0
    async with transaction(pool) as conn:
        await deleted.forget_results(conn, found.keys)
    # A clip that was given one of them before that is seen here.
    going = [key for key in sorted(found.keys) if not await deleted.is_living(pool, key)]
    gone = [await storage.delete(key) for key in going]
    async with transaction(pool) as conn:
        await deleted.forget_rows(conn, found.rows)
    return sum(gone)


async def _take_out_sources(pool: Pool, storage: Storage) -> int:
    """Remove what sources have in the store that went with whoever asked for them; returns how many files went."""
    gone = 0
    for source in await deleted.spent_sources(pool):
        if not source.shared:
            async with transaction(pool) as conn:
                await deleted.forget_looks(conn, source)
            gone += sum([await storage.delete(key) for key in {source.store_key, *source.looks}])
        await deleted.forget_source(pool, source.id)
    return gone


async def synthetic_fail(ctx: JobContext, payload: Maintenance) -> Done:
    """Fails in its first life and succeeds once it was replayed, so that the way from a dead letter can be tried."""
    lives = [step for step in await job_events.history(ctx.pool, ctx.job_id) if step.from_state == "dead"]
    if not lives:
        raise Conflict(
            text("This job fails on purpose until it is replayed."), hint=text("Replay it: dead-letter replay.")
        )

    async def act() -> str:
        return f"synthetic-{ctx.job_id}"

    await ctx.effect(f"synthetic:{ctx.job_id}", act)
    return Done({"note": payload.note, "replayed": len(lives)})


def handlers(storage: Storage, keep: Retention | None = None) -> Handlers:
    """The chores' part of the worker's registry."""
    return {OPS_PRUNE.kind: pruner(storage, keep or Retention()), OPS_SYNTHETIC_FAIL.kind: synthetic_fail}
