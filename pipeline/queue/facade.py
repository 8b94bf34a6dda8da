"""The queue as the API's processes see it: a transaction whose jobs are announced once it has committed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
from redis.asyncio import Redis

from clipnet.crashpoints import crash_point
from db import jobs as ledger
from db.jobs import Changed, Job, Waiting
from db.pool import transaction
from pipeline import events
from pipeline.events import Event
from pipeline.jobs import NewJob
from pipeline.queue import making
from pipeline.queue.enqueue import write
from pipeline.queue.keys import Keys
from pipeline.queue.waiting_room import REDIS_ERRORS, announce

_committed = crash_point("queue.after-commit-before-zadd")


@dataclass(slots=True)
class Transaction:
    """An open transaction; `conn` is for the caller's own writes."""

    conn: asyncpg.Connection
    trace_id: UUID | None = None
    created_by: str = "api"
    waiting: list[Waiting] = field(default_factory=list)

    async def enqueue(self, *jobs: NewJob[Any]) -> list[int]:
        """Write jobs; see `pipeline.queue.enqueue`."""
        written = await write(self.conn, jobs, trace_id=self.trace_id, created_by=self.created_by)
        self.waiting += written
        return [job.id for job in written]

    async def cancel(self, job_id: int, *, note: str = "cancelled") -> Changed | None:
        """Cancel a waiting job, with what that means for its request and clip, and ask a running one to stop.

        None when it has ended or doesn't exist.
        """
        changed = await ledger.cancel(self.conn, job_id, note=note)
        if changed is not None and changed.state == "cancelled":
            job = await self._job(job_id)
            then = await making.on_end(self.conn, job, "cancelled")
            self.waiting += await write(self.conn, then, created_by=self.created_by, parent=job)
        return changed

    async def replay(self, job_id: int, *, note: str = "replayed") -> Changed | None:
        """Give a dead or cancelled job a new life, and open its request and clip; None when it is neither.

        Raises:
            asyncpg.UniqueViolationError: another job does the same work meanwhile; nothing was changed.
        """
        async with self.conn.transaction():
            changed = await ledger.replay(self.conn, job_id, note=note)
        if changed is not None:
            await making.on_replay(self.conn, await self._job(job_id))
            self.waiting.append(Waiting(changed.id, changed.lane, changed.priority, changed.turn))
        return changed

    async def _job(self, job_id: int) -> Job:
        job = await ledger.get(self.conn, job_id)
        assert job is not None
        return job


class Queue:
    """Ledger and waiting room together. Works on while Redis is away, only later."""

    def __init__(self, pool: asyncpg.Pool, redis: Redis, *, prefix: str) -> None:
        self.pool = pool
        self.redis = redis
        self.keys = Keys(prefix)

    @asynccontextmanager
    async def transaction(self, *, trace_id: UUID | None = None, created_by: str = "api") -> AsyncIterator[Transaction]:
        """Commit state and jobs together, or neither; the jobs are announced after the commit."""
        async with transaction(self.pool) as conn:
            tx = Transaction(conn, trace_id, created_by)
            yield tx
        await self._announce(tx.waiting)

    async def enqueue(self, *jobs: NewJob[Any], trace_id: UUID | None = None, created_by: str = "api") -> list[int]:
        """Write and announce jobs that depend on nothing else; see `pipeline.queue.enqueue`."""
        waiting = await write(self.pool, jobs, trace_id=trace_id, created_by=created_by)
        await self._announce(waiting)
        return [job.id for job in waiting]

    async def cancel(self, job_id: int, *, note: str = "cancelled") -> Changed | None:
        """Cancel a waiting job, ask a running one to stop at once; None when it has ended or doesn't exist."""
        async with self.transaction() as tx:
            changed = await tx.cancel(job_id, note=note)
        await self.tell([changed] if changed else [])
        return changed

    async def replay(self, job_id: int, *, note: str = "replayed") -> Changed | None:
        """Give a dead or cancelled job a new life; None when it is neither. Two at once make one life."""
        async with self.transaction() as tx:
            changed = await tx.replay(job_id, note=note)
        await self.tell([changed] if changed else [])
        return changed

    async def discard(self, job_id: int, *, note: str = "discarded") -> Changed | None:
        """Take a dead letter off the list; None when the job isn't one. Its end was told when it died."""
        changed = await ledger.discard(self.pool, job_id, note=note)
        await self.tell([changed] if changed else [])
        return changed

    async def tell(self, changed: list[Changed]) -> None:
        """After a commit that changed jobs: ring for those that are to stop, and tell who follows the others."""
        try:
            for job in changed:
                if job.state == "running":
                    await self.redis.publish(self.keys.bell, str(job.id))
        except REDIS_ERRORS:
            return
        for job in changed:
            if job.state != "running":
                await events.publish(self.redis, _event(job), prefix=self.keys.prefix)

    def follow(self, request_id: int | None, *, after: str | None = None) -> AsyncIterator[Event]:
        """What happens to a request, or to all (None); see `pipeline.events.follow`."""
        return events.follow(self.redis, self.pool, request_id, prefix=self.keys.prefix, after=after)

    async def _announce(self, waiting: list[Waiting]) -> None:
        _committed()
        await announce(self.redis, self.keys, waiting)


def _event(job: Changed) -> Event:
    return Event(job.request_id, job.id, job.kind, job.state, at=job.at.timestamp())
