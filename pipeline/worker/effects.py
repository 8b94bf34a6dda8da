"""Doing things outside exactly once: intent, act, record; and after a crash, ask first."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import asyncpg

from clipnet.crashpoints import crash_point
from clipnet.errors import ClipNetError, Conflict
from clipnet.texts import text
from db import effects as ledger
from db.effects import Effect
from db.jobs import Job
from pipeline.queue import counters
from pipeline.worker.lease import Lease

Act = Callable[[], Awaitable[str]]
Lookup = Callable[[], Awaitable[str | None]]

_intended = crash_point("effect.between-intent-and-act")
_acted = crash_point("effect.after-act-before-done")


class Effects(Protocol):
    """Who sees to it that a job's effects happen once."""

    async def perform(self, job: Job, key: str, act: Act, lookup: Lookup | None) -> str:
        """See `JobContext.effect`."""


class LedgerEffects:
    """The protocol over the table `effects`."""

    def __init__(self, pool: asyncpg.Pool, lease: Lease) -> None:
        self._pool = pool
        self._lease = lease

    async def perform(self, job: Job, key: str, act: Act, lookup: Lookup | None) -> str:
        """See `JobContext.effect`."""
        epoch, attempt = job.epoch or 0, job.attempt
        if not await ledger.intend(self._pool, key, epoch=epoch, job_id=job.id, attempt=attempt):
            earlier = await ledger.get(self._pool, key)
            if earlier is None:
                raise asyncio.CancelledError(f"job {job.id} may not act any more")
            happened = await self._happened(earlier, lookup)
            if happened is not None:
                return happened
            if not await ledger.intend_again(self._pool, earlier, epoch=epoch, job_id=job.id, attempt=attempt):
                raise asyncio.CancelledError(f"job {job.id} may not act any more")
        return await self._act(key, epoch, act)

    async def _happened(self, earlier: Effect, lookup: Lookup | None) -> str | None:
        """The remote id of an earlier try that went through; None when it surely didn't. Raises `Conflict`: unknown."""
        if earlier.state == "done":
            return earlier.remote_id
        if earlier.state == "failed":
            return None
        if lookup is None:
            await ledger.record(self._pool, earlier.effect_key, "unknown", epoch=earlier.epoch)
            raise Conflict(
                text("Nobody can say whether {effect} was done before the interruption.", effect=earlier.effect_key),
                hint=text("Look there, then say: done, or do it again."),
            )
        try:
            found = await lookup()
        except Conflict:
            await ledger.record(self._pool, earlier.effect_key, "unknown", epoch=earlier.epoch)
            raise
        if found is not None:
            await ledger.record(self._pool, earlier.effect_key, "done", epoch=earlier.epoch, remote_id=found)
        return found

    async def _act(self, key: str, epoch: int, act: Act) -> str:
        _intended()
        # This process may have been frozen since the intent was written.
        if not self._lease.fresh():
            raise asyncio.CancelledError("the lease may be another's by now")
        try:
            remote_id = await act()
        except ClipNetError:
            await ledger.record(self._pool, key, "failed", epoch=epoch)
            raise
        _acted()
        if not await ledger.record(self._pool, key, "done", epoch=epoch, remote_id=remote_id):
            counters.FENCED.inc()
            raise asyncio.CancelledError("another worker has taken this effect over")
        return remote_id
