"""The worker: claims jobs as its slots become free, runs their handlers, and writes what became of them."""

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from typing import Any

import asyncpg
from loguru import logger
from pydantic import ValidationError
from redis.asyncio import Redis

from clipnet.batcher import Batcher
from clipnet.crashpoints import crash_point
from clipnet.ending import end
from clipnet.errors import BadInput, ClipNetError
from clipnet.texts import text
from db import job_work as ledger
from db.jobs import Job
from db.pool import DATABASE_ERRORS
from pipeline.jobs import JOB_TYPES, Payload
from pipeline.queue import counters
from pipeline.queue.keys import Keys
from pipeline.worker.context import Context
from pipeline.worker.effects import Effects, LedgerEffects
from pipeline.worker.flight import Call, Flight, Run
from pipeline.worker.handler import Done, Handlers, OnEnd, OnStart
from pipeline.worker.lease import Lease
from pipeline.worker.line import Line
from pipeline.worker.options import WorkerOptions
from pipeline.worker.outcomes import Outcomes
from pipeline.worker.pulse import Heart, machine_status
from pipeline.worker.reconciler import Reconciler
from pipeline.worker.slots import Slots
from pipeline.worker.source import Source
from pipeline.worker.teller import Teller

CLAIM_RETRY_S = 0.2
TURNS_EVERY_S = 0.1

_claimed = crash_point("claim.after-claim")


class Worker:
    """Runs under a lease that was taken over already, until `run` is told to stop.

    `claims` gives connections for claims alone, whose commits need not wait for the disk: the intent or the end that
    follows does, and takes the claim with it; and a database that forgets a claim has lost its worker too.
    """

    def __init__(
        self,
        *,
        pool: asyncpg.Pool,
        claims: asyncpg.Pool,
        redis: Redis,
        prefix: str,
        lease: Lease,
        handlers: Handlers,
        options: WorkerOptions,
        on_start: OnStart | None = None,
        on_end: OnEnd | None = None,
        effects: Effects | None = None,
    ) -> None:
        keys = Keys(prefix)
        self.flights: dict[int, Flight] = {}
        self._pool = pool
        self._redis = redis
        self._keys = keys
        self._lease = lease
        self._handlers = handlers
        self._options = options
        self._on_start = on_start
        self._teller = Teller(redis, prefix)
        self._effects = effects or LedgerEffects(pool, lease)
        self._outcomes = Outcomes(pool, redis, keys, lease, self._teller, on_end)
        self._source = Source(pool, redis, keys, poll_s=options.direct_poll_s)
        self._line = Line(claims)
        self._turns: dict[str, int] = {}
        self._claims: Batcher[int, Job | None] = Batcher(self._claim)
        self._starts: set[asyncio.Task[None]] = set()
        self._draining = False

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then drain: end what ends in time and put back the rest."""
        options = self._options
        shutil.rmtree(options.scratch, ignore_errors=True)
        for job in await ledger.poison(self._pool, options.max_crashes):
            await self._outcomes.bury(job, note=f"the worker died {job.crashes} times while it ran")
        heart = Heart(self._pool, self._lease, self._source, self.flights, self.status)
        reconciler = Reconciler(self._pool, self._redis, self._keys, self._source, self._lease, self._outcomes)
        async with asyncio.TaskGroup() as group:
            service = [
                group.create_task(self._teller.run(), name="teller"),
                group.create_task(heart.run(options.heartbeat_s), name="heart"),
                group.create_task(heart.listen(self._redis, self._keys), name="bell"),
                group.create_task(self._advance(), name="turns"),
            ]
            if options.reconcile_every_s is not None:
                service.append(group.create_task(reconciler.run(options.reconcile_every_s), name="reconciler"))
            lanes = [group.create_task(self._work(*slots), name=f"lane-{slots[0][0]}") for slots in options.slots]
            await stop.wait()
            await self._drain(lanes)
            await heart.beat()
            await end(service)
        await self._teller.flush()

    def status(self) -> dict[str, Any]:
        """What it does now; written with every heartbeat."""
        flights = set(self.flights.values())
        jobs = [{"id": run.job.id, "kind": run.job.kind} for flight in flights for run in flight.runs]
        return {"jobs": jobs, "draining": self._draining, **machine_status(self._options.scratch)}

    async def _work(self, lanes: tuple[str, ...], total: int) -> None:
        slots = Slots(total)
        while True:
            free = await slots.some()
            try:
                ids = await self._source.next(lanes, free)
            except DATABASE_ERRORS as error:
                logger.warning("The ledger can't be asked for work", error=type(error).__name__)
                await asyncio.sleep(CLAIM_RETRY_S)
                continue
            for job_id in ids:
                self._source.busy.add(job_id)
                slots.take()
                task = asyncio.create_task(self._start(job_id, slots))
                self._starts.add(task)
                task.add_done_callback(self._starts.discard)

    async def _start(self, job_id: int, slots: Slots) -> None:
        busy = {job_id}
        try:
            job = await self._claims.ask(job_id)
            if job is not None:
                _claimed()
                await self._run(await self._gather(job, busy))
        except DATABASE_ERRORS as error:
            logger.warning("A claim failed; the heartbeat finds out what became of it", error=type(error).__name__)
            await asyncio.sleep(CLAIM_RETRY_S)
        finally:
            self._source.busy -= busy
            slots.give()

    async def _claim(self, ids: Sequence[int]) -> Sequence[Job | None]:
        epoch, worker = self._lease.epoch, self._lease.worker
        jobs = await self._line.ask(lambda conn: ledger.claim(conn, ids, epoch=epoch, worker=worker))
        for job in jobs:
            self._turns[job.lane] = max(job.turn, self._turns.get(job.lane, 0))
        claimed = {job.id: job for job in jobs}
        missing = [job_id for job_id in ids if job_id not in claimed]
        if missing:
            known = await ledger.known(self._pool, missing)
            counters.DROPPED.inc(len(known))
            counters.FORGED.inc(len(set(missing) - known))
        return [claimed.get(job_id) for job_id in ids]

    async def _advance(self) -> None:
        """Tell the lanes how far they have come, off the path of the claims."""
        told: dict[str, int] = {}
        while True:
            await asyncio.sleep(TURNS_EVERY_S)
            turns = dict(self._turns)
            if turns != told:
                with contextlib.suppress(*DATABASE_ERRORS):
                    await ledger.advance_turns(self._pool, turns)
                    told = turns

    async def _gather(self, head: Job, busy: set[int]) -> list[Job]:
        """The job, and others of its kind that wait, when one call may take several and none of them is suspect."""
        kind = JOB_TYPES.get(head.kind)
        if kind is None or kind.gather == 1 or head.crashes:
            return [head]
        await asyncio.sleep(self._options.gather_s)
        found = await ledger.claimable(
            self._pool, [head.lane], limit=kind.gather - 1, kind=head.kind, without=self._source.busy
        )
        ids = [job.waiting.id for job in found]
        busy.update(ids)
        self._source.busy.update(ids)
        more = await asyncio.gather(*map(self._claims.ask, ids))
        return [head, *(job for job in more if job is not None)]

    async def _run(self, jobs: list[Job]) -> None:
        runs = []
        for job in jobs:
            payload = await self._payload(job)
            if payload is not None:
                ctx = Context(
                    job, pool=self._pool, effects=self._effects, teller=self._teller, scratch_root=self._options.scratch
                )
                runs.append((Run(job, ctx), payload))
        if not runs:
            return
        if self._on_start is not None:
            for run, _ in runs:
                await self._on_start(self._pool, run.job)
        flight = Flight(
            [run for run, _ in runs],
            self._call([(run.ctx, payload) for run, payload in runs]),
            self._outcomes,
            grace_s=self._options.cancel_grace_s,
            timeout_s=max(run.job.run_timeout_s for run, _ in runs),
        )
        self.flights.update({run.job.id: flight for run, _ in runs})
        try:
            with logger.contextualize(job_id=jobs[0].id, trace_id=str(jobs[0].trace_id)):
                flight.start()
            for run, _ in runs:
                # Told once the handler has begun: nobody waits for the telling.
                asyncio.get_running_loop().call_soon(self._note_start, run.job)
            if self._draining:
                flight.stop("drain")
            await flight.landed.wait()
        finally:
            for run, _ in runs:
                self.flights.pop(run.job.id, None)

    def _call(self, given: list[tuple[Context, Payload]]) -> Call:
        kind = given[0][0].job.kind
        handler: Any = self._handlers[kind]
        if JOB_TYPES[kind].gather > 1:
            return lambda: handler(given)

        async def one() -> Sequence[Done | BaseException]:
            return [await handler(*given[0])]

        return one

    async def _payload(self, job: Job) -> Payload | None:
        """What to hand to the handler; None when the job was disposed of instead."""
        if job.cancel_requested_at is not None:
            # Its worker died before it had stopped.
            await self._outcomes.end(job, "cancelled", note="stopped on request")
            return None
        kind = JOB_TYPES.get(job.kind)
        if kind is None or job.kind not in self._handlers:
            error: ClipNetError = BadInput(text("Nobody here knows jobs of the kind {kind}.", kind=job.kind))
        elif job.version > kind.version:
            await self._outcomes.put_back(job, note=f"version {job.version} is newer than {kind.version}", held=True)
            return None
        else:
            try:
                return kind.payload.model_validate(job.payload)
            except ValidationError:
                error = BadInput(text("What this {kind} carries doesn't fit its kind.", kind=job.kind))
        await self._outcomes.fail(job, error)
        return None

    def _note_start(self, job: Job) -> None:
        counters.CLAIMED.labels(job.kind).inc()
        if job.started_at is not None:
            counters.WAIT_S.labels(job.lane).observe((job.started_at - job.run_at).total_seconds())
            self._teller.state(job, "running", job.started_at)

    async def _drain(self, lanes: list[asyncio.Task[None]]) -> None:
        """Claim nothing more; let jobs end for a while; put back what still runs, without counting the attempt."""
        self._draining = True
        await end(lanes)
        if self._starts:
            await asyncio.wait(self._starts, timeout=self._options.drain_s)
        for flight in set(self.flights.values()):
            flight.stop("drain")
        if self._starts:
            await asyncio.wait(self._starts, timeout=self._options.cancel_grace_s + 1)
