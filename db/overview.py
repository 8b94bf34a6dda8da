"""What operators look at: how full the lanes are, which jobs need a hand, who works."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool
HEARTBEAT_LATE_S = 60.0


@dataclass(frozen=True, slots=True)
class LaneDepth:
    """One lane: jobs that may run now and those that run, and how long the oldest waits, in seconds."""

    lane: str
    ready: int
    running: int
    later: int
    oldest_s: float
    paused_by: str | None


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job as operators see it; `request` and `clip` are public ids."""

    id: int
    kind: str
    state: str
    lane: str
    requester: str
    request_id: int | None
    clip_id: int | None
    request: str | None
    clip: str | None
    attempt: int
    max_attempts: int
    crashes: int
    run_at: datetime
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    progress: dict[str, Any] | None
    error: dict[str, Any] | None
    trace_id: UUID


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works, and how long ago they said so, in seconds; no holder when nobody ever did."""

    holder: str | None
    epoch: int
    version: str | None
    status: dict[str, Any]
    silent_s: float | None


_OWN = ("request", "clip")
_COLUMNS = ", ".join(f"j.{f.name}" for f in fields(JobLine) if f.name not in _OWN)
_SELECT = f"""
select {_COLUMNS}, r.public_id as request, c.public_id as clip
from jobs j left join requests r on r.id = j.request_id left join clips c on c.id = j.clip_id
"""  # noqa: S608


async def lanes(conn: Reader) -> list[LaneDepth]:
    """Every lane, full or empty."""
    rows = await conn.fetch(
        """
        select l.lane, l.paused_by,
               count(j.id) filter (where j.state = 'ready' and j.run_at <= now()) as ready,
               count(j.id) filter (where j.state = 'running') as running,
               count(j.id) filter (where j.state = 'ready' and j.run_at > now()) as later,
               coalesce(extract(epoch from now() - min(j.run_at) filter (
                 where j.state = 'ready' and j.run_at <= now())), 0)::float8 as oldest_s
        from lanes l left join jobs j on j.lane = l.lane and j.state in ('ready', 'running')
        group by l.lane, l.paused_by order by l.lane desc
        """
    )
    return [LaneDepth(**dict(row)) for row in rows]


async def lease(conn: Reader) -> Lease:
    """The worker's own row."""
    row = await conn.fetchrow(
        """
        select holder, epoch, version, status, extract(epoch from now() - heartbeat_at)::float8 as silent_s
        from worker_lease
        """
    )
    assert row is not None
    return Lease(**dict(row))


async def job(conn: Reader, job_id: int) -> JobLine | None:
    """One job."""
    row = await conn.fetchrow(_SELECT + "where j.id = $1", job_id)
    return JobLine(**dict(row)) if row else None


async def open_jobs(conn: Reader, limit: int) -> list[JobLine]:
    """What runs, then what waits, in the order in which it will be taken."""
    rows = await conn.fetch(
        _SELECT
        + "where j.state in ('ready', 'running') order by j.state desc, j.lane desc, j.priority, j.turn, j.id limit $1",
        limit,
    )
    return [JobLine(**dict(row)) for row in rows]


async def stuck(conn: Reader, older_s: float, limit: int) -> list[JobLine]:
    """Jobs that wait longer than `older_s`, run past their time, or run without a sign of life."""
    rows = await conn.fetch(
        _SELECT
        + """
        where (j.state = 'ready' and j.run_at < now() - make_interval(secs => $1))
           or (j.state = 'running' and (j.started_at < now() - make_interval(secs => j.run_timeout_s)
                                        or j.heartbeat_at < now() - make_interval(secs => $3)))
        order by j.id limit $2
        """,
        older_s,
        limit,
        HEARTBEAT_LATE_S,
    )
    return [JobLine(**dict(row)) for row in rows]


async def dead(conn: Reader, *, kind: str | None, before: int | None, limit: int) -> list[JobLine]:
    """Dead letters, newest first; of one kind, and with an id below `before`, if asked."""
    rows = await conn.fetch(
        _SELECT
        + """
        where j.state = 'dead' and ($1::text is null or j.kind = $1) and ($2::bigint is null or j.id < $2)
        order by j.id desc limit $3
        """,
        kind,
        before,
        limit,
    )
    return [JobLine(**dict(row)) for row in rows]


async def ids_in(conn: Reader, states: list[str], prefix: str, limit: int = 10) -> list[int]:
    """Ids of the newest jobs in one of the states that start so."""
    rows = await conn.fetch(
        "select id from jobs where state = any($1::text[]) and starts_with(id::text, $2) order by id desc limit $3",
        states,
        prefix,
        limit,
    )
    return [row["id"] for row in rows]
