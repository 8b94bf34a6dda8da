"""Writes what became of attempts, tells it, and lets follow what follows."""

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import asyncpg
from loguru import logger
from redis.asyncio import Redis

from clipnet import backoff
from clipnet.batcher import Batcher
from clipnet.crashpoints import crash_point
from clipnet.errors import ClipNetError
from clipnet.texts import beside, text
from db import job_work as ledger
from db.job_work import Ended
from db.jobs import Job, JobState, Waiting
from db.pool import transaction
from pipeline.jobs import NewJob
from pipeline.queue import counters
from pipeline.queue.enqueue import write
from pipeline.queue.keys import Keys
from pipeline.queue.making import MAKING
from pipeline.queue.waiting_room import announce
from pipeline.worker.handler import Done, OnEnd
from pipeline.worker.lease import Lease
from pipeline.worker.line import Line
from pipeline.worker.teller import Teller

CATCH_UP = 50
"""So many overdue ends at a time are made up for."""

_before_commit = crash_point("finish.before-commit")
_after_commit = crash_point("finish.after-commit-before-announce")


class Outcomes:
    """The ends of attempts. A worker that lost its lease writes nothing: each statement is fenced."""

    def __init__(
        self, pool: asyncpg.Pool, redis: Redis, keys: Keys, lease: Lease, teller: Teller, on_end: OnEnd | None
    ) -> None:
        self._pool = pool
        self._redis = redis
        self._keys = keys
        self._lease = lease
        self._teller = teller
        self._on_end = on_end
        self._line = Line(pool)
        self._finish: Batcher[tuple[int, int, dict[str, Any]], Ended | None] = Batcher(self._finish_many)

    async def succeed(self, job: Job, done: Done) -> None:
        """Complete the job, with its writes and follow-ups in the same transaction; unless it was cancelled."""
        then: list[Waiting] = []
        if done.write is None and not done.then:
            ended = await self._finish.ask((job.id, job.attempt, done.result))
        else:
            async with transaction(self._pool) as conn:
                ended = (await ledger.finish(conn, [(job.id, job.attempt, done.result)], epoch=job.epoch or 0)).get(
                    job.id
                )
                if ended is not None:
                    more = await done.write(conn) if done.write is not None else None
                    then = await self._follow(conn, [*done.then, *(more or ())], job)
                    _before_commit()
        if ended is None:
            # Either it was cancelled, which settling writes, or the lease has moved on, which refuses that too.
            await self.end(job, "cancelled", note="stopped on request")
            return
        _after_commit()
        await self._ended(job, ended, then, "done")

    async def fail(self, job: Job, error: BaseException) -> None:
        """Try again later, or make it a dead letter."""
        told = describe(error)
        if backoff.permanent(error) or job.attempt >= job.max_attempts:
            await self.end(job, "dead", note=told["sentence"], error=told)
            return
        delay_s = backoff.delay_s(error, job.attempt)
        logger.opt(exception=error).warning("A job failed and is tried again", kind=job.kind, delay_s=delay_s)
        await self._settle(job, "ready", "retried", note=told["sentence"], error=told, delay_s=delay_s)

    async def end(
        self, job: Job, state: Literal["dead", "cancelled"], *, note: str, error: Mapping[str, Any] | None = None
    ) -> None:
        """End the job, with what follows from that in the same transaction."""
        await self._settle(job, state, state, note=note, error=error)

    async def put_back(self, job: Job, *, note: str, held: bool = False) -> None:
        """Make the job ready again without counting the attempt; `held`: for a worker that knows its version."""
        await self._settle(job, "ready", "held" if held else "put back", note=note, counted=False, held=held)

    async def bury(self, job: Job, *, note: str) -> None:
        """Make a waiting job a dead letter."""
        error = {"code": "poison", "sentence": note}
        async with transaction(self._pool) as conn:
            if not await ledger.bury(conn, job.id, error=error, note=note):
                return
            then = await self._aftermath(conn, job, "dead", error)
        counters.ENDED.labels(job.kind, "dead").inc()
        await announce(self._redis, self._keys, then)

    async def catch_up(self) -> None:
        """Let follow what should have followed from earlier ends and didn't, because that very part failed."""
        then: list[Waiting] = []
        if self._on_end is None:
            return
        async with transaction(self._pool) as conn:
            for job in await ledger.overdue(conn, MAKING, limit=CATCH_UP):
                logger.info("What should follow from the end of a job is made up for", job_id=job.id)
                then += await self._aftermath(conn, job, job.state, job.error)
        await announce(self._redis, self._keys, then)

    async def _settle(
        self,
        job: Job,
        state: Literal["ready", "dead", "cancelled"],
        outcome: str,
        *,
        note: str,
        error: Mapping[str, Any] | None = None,
        delay_s: float = 0.0,
        counted: bool = True,
        held: bool = False,
    ) -> None:
        async with transaction(self._pool) as conn:
            ended = await ledger.settle(
                conn, job, state, note=note, error=error, delay_s=delay_s, counted=counted, held=held
            )
            then = await self._aftermath(conn, job, ended.state, error) if ended else []
            _before_commit()
        await self._ended(job, ended, then, outcome)

    async def _finish_many(self, done: Sequence[tuple[int, int, dict[str, Any]]]) -> Sequence[Ended | None]:
        _before_commit()
        epoch = self._lease.epoch
        ended = await self._line.ask(lambda conn: ledger.finish(conn, done, epoch=epoch))
        return [ended.get(job_id) for job_id, _, _ in done]

    async def _aftermath(
        self, conn: asyncpg.Connection, job: Job, state: JobState, error: Mapping[str, Any] | None
    ) -> list[Waiting]:
        """What follows from an end, in its transaction; where that fails, the end holds, and `catch_up` finds it."""
        if self._on_end is None or state not in ("dead", "cancelled"):
            return []
        now = replace(job, state=state, error=dict(error) if error else None)
        try:
            async with conn.transaction():
                return await self._follow(conn, await self._on_end(conn, now, state), job)
        except Exception:
            logger.exception("What should follow from the end of a job failed", job_id=job.id)
            return []

    async def _follow(self, conn: asyncpg.Connection, then: Sequence[NewJob[Any]], job: Job) -> list[Waiting]:
        return await write(conn, then, created_by=self._lease.worker, parent=job)

    async def _ended(self, job: Job, ended: Ended | None, then: list[Waiting], outcome: str) -> None:
        if ended is None:
            counters.FENCED.inc()
            logger.warning("A job's end was refused: the lease has moved on", job_id=job.id)
            return
        counters.ENDED.labels(job.kind, outcome).inc()
        self._teller.state(job, ended.state, ended.at)
        if ended.successor:
            then = [*then, ended.successor]
        if then:
            await announce(self._redis, self._keys, then)


def describe(error: BaseException) -> dict[str, Any]:
    """An error as the ledger keeps it. Of an unexpected one only type and place: its text may hold anything."""
    if isinstance(error, ClipNetError):
        kept = beside(sentence=error.sentence, hint=error.hint)
        return {"code": error.code, "sentence": error.sentence, "hint": error.hint, **kept}
    if isinstance(error, TimeoutError):
        return {"code": "timeout", "sentence": text("It took longer than allowed.")}
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else ""
    sentence = text("Something unexpected went wrong ({kind}).", kind=type(error).__name__)
    return {"code": "unexpected", "sentence": sentence, "place": place, **beside(sentence=sentence)}
