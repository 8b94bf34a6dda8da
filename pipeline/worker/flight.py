"""One call of a handler: its jobs, its time limit, its cancellation, and what becomes of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from loguru import logger

from db.jobs import Job
from db.pool import DATABASE_ERRORS
from pipeline.queue import counters
from pipeline.worker.context import Context
from pipeline.worker.handler import Done
from pipeline.worker.outcomes import Outcomes

WRITE_AGAIN_S = (0.1, 0.5, 2.0)
"""How long to wait after each time that a success could not be written."""

Why = Literal["cancel", "timeout", "drain", "fenced"]
Call = Callable[[], Awaitable[Sequence[Done | BaseException]]]


@dataclass(slots=True)
class Run:
    """One job in the air."""

    job: Job
    ctx: Context
    cancelled: bool = False
    missed: int = 0
    """Heartbeats in a row in which the ledger didn't count it as ours."""


@dataclass(slots=True, eq=False)
class Flight:
    """A handler's call over one job, or over several that were gathered. Ends when its outcome is written."""

    runs: list[Run]
    call: Call
    outcomes: Outcomes
    grace_s: float
    timeout_s: float
    took_off: float = 0.0
    why: Why | None = None
    landing: bool = False
    landed: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None
    _timer: asyncio.TimerHandle | None = None
    _abandoned: "asyncio.Task[None] | None" = None

    def start(self) -> None:
        """Take off."""
        self.took_off = time.monotonic()
        self.task = asyncio.create_task(self._fly(), name=f"job-{self.runs[0].job.id}")
        self._timer = asyncio.get_running_loop().call_later(self.timeout_s, self.stop, "timeout")

    def cancel(self, job_id: int) -> None:
        """One of its jobs was cancelled; the call is stopped when all of them were."""
        for run in self.runs:
            run.cancelled |= run.job.id == job_id
        if all(run.cancelled for run in self.runs):
            self.stop("cancel")

    def stop(self, why: Why) -> None:
        """Interrupt the handler; one that doesn't stop within `grace_s` is abandoned."""
        if self.landing or self.task is None or (self.why is not None and why != "fenced"):
            return
        self.why = why
        loop = asyncio.get_running_loop()
        # A task that is cancelled before its first step never takes it, so it would never land.
        loop.call_soon(self._interrupt)
        if self._timer:
            self._timer.cancel()
        self._timer = loop.call_later(self.grace_s, self._abandon)

    def _interrupt(self) -> None:
        if not self.landing and self.task is not None:
            self.task.cancel()

    async def _fly(self) -> None:
        results: Sequence[Done | BaseException]
        try:
            results = await self.call()
        except asyncio.CancelledError as stopped:
            results = [stopped] * len(self.runs)
        except Exception as error:
            results = [error] * len(self.runs)
        if not self.landing:
            await self._land(results)

    async def _land(self, results: Sequence[Done | BaseException]) -> None:
        self.landing = True
        if self._timer:
            self._timer.cancel()
        try:
            for run, result in zip(self.runs, results, strict=True):
                await self._close(run, result)
        except DATABASE_ERRORS as error:
            # The job still counts as running, with nobody at it: the next heartbeat puts it back.
            logger.warning("The end of a job could not be written", error=type(error).__name__)
        finally:
            self.landed.set()

    async def _close(self, run: Run, result: Done | BaseException) -> None:
        job = run.job
        counters.RUN_S.labels(job.kind).observe(time.monotonic() - self.took_off)
        if run.ctx.made_files:
            await asyncio.to_thread(run.ctx.clean)
        if self.why == "fenced":
            counters.FENCED.inc()
        elif isinstance(result, Done):
            await self._succeed(job, result)
        elif run.cancelled or self.why == "cancel":
            await self.outcomes.end(job, "cancelled", note="stopped on request")
        elif self.why == "drain":
            await self.outcomes.put_back(job, note="worker drained")
        elif self.why == "timeout":
            await self.outcomes.fail(job, TimeoutError())
        elif isinstance(result, asyncio.CancelledError):
            await self.outcomes.put_back(job, note="may not act any more")
        else:
            await self.outcomes.fail(job, result)

    async def _succeed(self, job: Job, done: Done) -> None:
        """Write the success, again where the ledger failed just then: the work itself need not be done twice."""
        for wait_s in (*WRITE_AGAIN_S, None):
            try:
                await self.outcomes.succeed(job, done)
                return
            except Exception as error:
                if wait_s is None or not isinstance(error, DATABASE_ERRORS):
                    await self.outcomes.fail(job, error)
                    return
                logger.warning("A success is written again", job_id=job.id, error=type(error).__name__)
            await asyncio.sleep(wait_s)

    def _abandon(self) -> None:
        """The handler ignored its cancellation: end the job without it. It can't act any more, and others go on."""
        if self.landing:
            return
        counters.RUNAWAY.inc()
        logger.error("A handler ignored its cancellation and was abandoned", job_id=self.runs[0].job.id, why=self.why)
        self.landing = True
        stopped = asyncio.CancelledError()
        self._abandoned = asyncio.create_task(self._land([stopped] * len(self.runs)))
