"""What happens to jobs, told live: a Redis stream for speed, the ledger's rows for certainty."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg
from redis.asyncio import Redis

from db import job_events
from db.job_events import Snapshot
from db.pool import DATABASE_ERRORS
from pipeline.queue import counters
from pipeline.queue.keys import Keys
from pipeline.queue.waiting_room import REDIS_ERRORS

STREAM_LENGTH = 10_000
PUBLISH_TIMEOUT_S = 0.5
CERTAINTY_S = 2.0
"""A follower looks into the ledger at least this often, so that an event that Redis lost is only late."""

ENDED = frozenset({"done", "failed", "cancelled"})
REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        kind: of the job, or `request` when the request itself ended; then `job_id` is None.
        state: the job's or the request's state.
        stage: what the running job is doing; `fraction` of it, 0 to 1, is done, and about `eta_s` seconds are left.
        at: seconds since 1970 by the ledger's clock.
        seq: where to resume; a follower that gives it gets what came after.
    """

    request_id: int | None
    job_id: int | None
    kind: str
    state: str
    stage: str = ""
    fraction: float | None = None
    eta_s: float | None = None
    note: str = ""
    at: float = 0.0
    seq: str = ""

    @property
    def last(self) -> bool:
        """Whether nothing more comes for its request."""
        return self.kind == REQUEST and self.state in ENDED


async def publish(redis: Redis, *events: Event, prefix: str, within_s: float = PUBLISH_TIMEOUT_S) -> bool:
    """Add events to the stream; False, and counted, when Redis is away: followers then learn it from the ledger."""
    try:
        async with asyncio.timeout(within_s), redis.pipeline(transaction=False) as pipe:
            for event in events:
                body = {key: value for key, value in asdict(event).items() if value not in (None, "") and key != "seq"}
                pipe.xadd(Keys(prefix).events, {"e": json.dumps(body)}, maxlen=STREAM_LENGTH, approximate=True)
            await pipe.execute()
    except REDIS_ERRORS:
        counters.PUBLISH_FAILED.inc(len(events))
        return False
    return True


async def follow(
    redis: Redis,
    pool: asyncpg.Pool,
    request_id: int | None,
    *,
    prefix: str,
    after: str | None = None,
    poll_s: float = 0.5,
) -> AsyncIterator[Event]:
    """Everything that happens to a request from now on, or after `after`; with None, to all requests, without end.

    Starts with where things stand. Ends after the request's own last event, which is never lost: while Redis is away
    the ledger is asked every `poll_s` seconds. Progress may be skipped, the order of one job's events is kept.
    """
    follower = _Follower(redis, pool, request_id, Keys(prefix).events, after)
    while True:
        batch = await follower.stream(block_s=CERTAINTY_S)
        if batch is None:
            await asyncio.sleep(poll_s)
        for event in batch or ():
            yield event
        if follower.doubtful(batch):
            for event in await follower.ledger():
                yield event
                if event.last:
                    return


@dataclass(slots=True)
class _Follower:
    redis: Redis
    pool: asyncpg.Pool
    request_id: int | None
    key: str
    position: str | None
    seen: dict[int | None, float] = field(default_factory=dict)
    looked: bool = False

    async def stream(self, *, block_s: float) -> list[Event] | None:
        """New events from Redis; None when it is away."""
        try:
            if self.position is None:
                self.position = await self._tail()
            # The first time the ledger has yet to be looked into: don't wait.
            wait = {"block": round(block_s * 1000)} if self.looked else {}
            found: Any = await self.redis.xread({self.key: self.position}, count=500, **wait)
        except REDIS_ERRORS:
            self.position = None
            return None
        fresh = []
        for seq, fields in found[0][1] if found else ():
            self.position = seq.decode()
            event = _parse(fields, self.position)
            if event and self.request_id in (None, event.request_id) and self._new(event):
                fresh.append(event)
        return fresh

    def doubtful(self, batch: list[Event] | None) -> bool:
        """Whether the ledger must be asked: at first, without Redis, in silence, and when a job ended."""
        if not self.looked or not batch:
            return True
        return self.request_id is not None and any(event.state not in ("ready", "running") for event in batch)

    async def ledger(self) -> list[Event]:
        """What the ledger says that wasn't told yet."""
        self.looked = True
        try:
            rows = await job_events.snapshot(self.pool, self.request_id)
        except DATABASE_ERRORS:
            return []
        return [event for event in (_from_row(row, self.position or "") for row in rows) if self._new(event)]

    def _new(self, event: Event) -> bool:
        if event.at <= self.seen.get(event.job_id, 0.0):
            return False
        self.seen.pop(event.job_id, None)
        self.seen[event.job_id] = event.at
        if len(self.seen) > STREAM_LENGTH:
            del self.seen[next(iter(self.seen))]
        return True

    async def _tail(self) -> str:
        newest: Any = await self.redis.xrevrange(self.key, count=1)
        seq: str = newest[0][0].decode() if newest else "0-0"
        return seq


def _parse(fields: dict[bytes, bytes], seq: str) -> Event | None:
    try:
        body: dict[str, Any] = json.loads(fields[b"e"])
        return Event(**{"request_id": None, "job_id": None, **body, "seq": seq})
    except (KeyError, TypeError, ValueError):
        return None


def _from_row(row: Snapshot, seq: str) -> Event:
    progress = (row.progress if row.state == "running" else None) or {}
    return Event(
        request_id=row.request_id,
        job_id=row.job_id,
        kind=row.kind,
        state=row.state,
        stage=progress.get("stage", ""),
        fraction=progress.get("fraction"),
        eta_s=progress.get("eta_s"),
        note=progress.get("note", "") if row.state == "running" else row.note,
        at=row.at,
        seq=seq,
    )
