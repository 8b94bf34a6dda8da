"""Jobs in the ledger: the row, how one is written, and what a person may do to one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import itemgetter
from typing import Any, Literal
from uuid import UUID

import asyncpg

from db.pool import AnyExecutor

JobState = Literal["ready", "running", "done", "dead", "cancelled"]
FINAL: frozenset[str] = frozenset({"done", "dead", "cancelled"})


@dataclass(frozen=True, slots=True)
class Job:
    """One step of work.

    `run_at` is since when it may run, `attempt` how often it was started, `crashes` how often a worker died under it,
    `note` why it last changed its state, `held_at` since when it waits for a worker that knows its `version`.
    """

    id: int
    kind: str
    version: int
    payload: dict[str, Any]
    lane: str
    priority: int
    requester: str
    turn: int
    serial_key: str | None
    unique_key: str | None
    request_id: int | None
    clip_id: int | None
    parent_id: int | None
    state: JobState
    run_at: datetime
    attempt: int
    max_attempts: int
    crashes: int
    run_timeout_s: float
    epoch: int | None
    heartbeat_at: datetime | None
    progress: dict[str, Any] | None
    cancel_requested_at: datetime | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    note: str
    trace_id: UUID
    created_by: str
    executed_by: str | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    held_at: datetime | None


COLUMNS = ", ".join(f"j.{field.name}" for field in fields(Job))
"""The columns of `Job` in its order, from a table called j."""


def selecting(rest: str) -> str:
    """A query for whole jobs; `rest` is our own text, never anyone's input."""
    return f"select {COLUMNS} {rest}"


def row_to_job(row: asyncpg.Record) -> Job:
    """A `Job` from a row that selected `COLUMNS`."""
    return Job(*row)


@dataclass(frozen=True, slots=True)
class JobInsert:
    """What a new job is written from; meanings as in `Job`."""

    kind: str
    version: int
    payload: dict[str, Any]
    lane: str
    priority: int
    requester: str
    serial_key: str | None
    unique_key: str | None
    request_id: int | None
    clip_id: int | None
    parent_id: int | None
    delay_s: float
    max_attempts: int
    run_timeout_s: float
    trace_id: UUID
    created_by: str


_INSERT_FIELDS = tuple(field.name for field in fields(JobInsert))

# The lock keeps ids and commits of one serial key in the same order, so that "earlier" means one thing to everybody.
# A requester's next turn is one after their last, but never behind the turn that the lane has reached.
_ENQUEUE = """
with input as (
  select * from unnest(
    $1::text[], $2::smallint[], $3::jsonb[], $4::text[], $5::smallint[], $6::text[], $7::text[], $8::text[],
    $9::bigint[], $10::bigint[], $11::bigint[], $12::float8[], $13::int[], $14::float8[], $15::uuid[], $16::text[]
  ) with ordinality as t (
    kind, version, payload, lane, priority, requester, serial_key, unique_key, request_id,
    clip_id, parent_id, delay_s, max_attempts, run_timeout_s, trace_id, created_by, ord)
), locked as materialized (
  select count(pg_advisory_xact_lock(hashtextextended(k.serial_key, 0))) as n
  from (select distinct serial_key from input where serial_key is not null order by 1) k
), turns as (
  insert into requester_turns as r (lane, requester, last_turn)
  select w.lane, w.requester, l.turn + w.n - 1
  from (select lane, requester, count(*) as n from input group by lane, requester order by lane, requester) w
  join lanes l using (lane) cross join locked
  on conflict (lane, requester) do update
    set last_turn = greatest(
      excluded.last_turn, r.last_turn + 1 + excluded.last_turn - (select l.turn from lanes l where l.lane = r.lane))
  returning lane, requester, last_turn
)
insert into jobs as j (
  kind, version, payload, lane, priority, requester, turn, serial_key, unique_key, request_id, clip_id, parent_id,
  run_at, max_attempts, run_timeout_s, trace_id, created_by)
select
  i.kind, i.version, i.payload, i.lane, i.priority, i.requester,
  t.last_turn + 1 - row_number() over (partition by i.lane, i.requester order by i.ord desc),
  i.serial_key, i.unique_key, i.request_id, i.clip_id, i.parent_id, now() + make_interval(secs => i.delay_s),
  i.max_attempts, i.run_timeout_s, i.trace_id, i.created_by
from input i join turns t using (lane, requester) cross join locked
order by i.ord
on conflict (unique_key) where state in ('ready', 'running') do update set unique_key = excluded.unique_key
returning j.id, j.lane, j.priority, j.turn, j.state = 'ready' and j.run_at <= now(), j.unique_key
"""


# The same for a single job, which is by far the most frequent: half the work for the database.
_ENQUEUE_ONE = """
with t as (
  insert into requester_turns as r (lane, requester, last_turn)
  select l.lane, $6, l.turn from lanes l where l.lane = $4
    and ($7::text is null or (select count(pg_advisory_xact_lock(hashtextextended($7, 0)))) = 1)
  on conflict (lane, requester) do update set last_turn = greatest(excluded.last_turn, r.last_turn + 1)
  returning last_turn
)
insert into jobs as j (
  kind, version, payload, lane, priority, requester, serial_key, unique_key, request_id, clip_id, parent_id,
  run_at, max_attempts, run_timeout_s, trace_id, created_by, turn)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + make_interval(secs => $12), $13, $14, $15, $16, last_turn
from t
on conflict (unique_key) where state in ('ready', 'running') do update set unique_key = excluded.unique_key
returning j.id, j.lane, j.priority, j.turn, j.state = 'ready' and j.run_at <= now(), j.unique_key
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that was written: its place in its lane, and whether it may run now."""

    id: int
    lane: str
    priority: int
    turn: int
    due: bool = True


async def enqueue(conn: AnyExecutor, jobs: Sequence[JobInsert]) -> list[Waiting]:
    """Write jobs, in the order given; for a `unique_key` in use, the job that has it is returned instead."""
    fresh = _first_of_each_key(jobs)
    if not fresh:
        return []
    if len(jobs) == 1:
        (row,) = await conn.fetch(_ENQUEUE_ONE, *(getattr(jobs[0], name) for name in _INSERT_FIELDS))
        return [Waiting(*tuple(row)[:5])]
    columns = zip(*(tuple(getattr(job, name) for name in _INSERT_FIELDS) for job in fresh), strict=True)
    rows = await conn.fetch(_ENQUEUE, *columns)
    by_key = {row["unique_key"]: Waiting(*tuple(row)[:5]) for row in rows if row["unique_key"] is not None}
    plain = iter([Waiting(*tuple(row)[:5]) for row in sorted(rows, key=itemgetter(0)) if row["unique_key"] is None])
    return [next(plain) if job.unique_key is None else by_key[job.unique_key] for job in jobs]


def _first_of_each_key(jobs: Sequence[JobInsert]) -> list[JobInsert]:
    seen: set[str] = set()
    fresh = []
    for job in jobs:
        if job.unique_key is None or job.unique_key not in seen:
            fresh.append(job)
            seen.add(job.unique_key or "")
    return fresh


async def get(conn: AnyExecutor, job_id: int) -> Job | None:
    """One job, or None."""
    row = await conn.fetchrow(selecting("from jobs j where j.id = $1"), job_id)
    return row_to_job(row) if row else None


async def of_request(conn: AnyExecutor, request_id: int) -> list[Job]:
    """All jobs of a request, oldest first."""
    rows = await conn.fetch(selecting("from jobs j where j.request_id = $1 order by j.id"), request_id)
    return list(map(row_to_job, rows))


@dataclass(frozen=True, slots=True)
class Changed:
    """A job that a person's action reached, and the state it is in now."""

    id: int
    request_id: int | None
    kind: str
    lane: str
    state: JobState
    priority: int
    turn: int
    at: datetime


_CHANGED = "returning j.id, j.request_id, j.kind, j.lane, j.state, j.priority, j.turn, now()"

_CANCEL = f"""
update jobs j set
  cancel_requested_at = coalesce(j.cancel_requested_at, now()),
  state = case j.state when 'ready' then 'cancelled' else j.state end,
  ended_at = case j.state when 'ready' then now() else j.ended_at end,
  note = case j.state when 'ready' then $2 else j.note end
where {{which}} and j.state in ('ready', 'running')
{_CHANGED}
"""  # noqa: S608 - only our own text


async def cancel(conn: AnyExecutor, job_id: int, *, note: str = "cancelled") -> Changed | None:
    """Cancel a waiting job at once and ask a running one to stop; None when it has ended or doesn't exist.

    From then on a running job does nothing outside and ends as `cancelled`, whatever its handler returns.
    """
    row = await conn.fetchrow(_CANCEL.format(which="j.id = $1"), job_id, note)
    return Changed(*row) if row else None


async def cancel_request(
    conn: AnyExecutor, request_id: int, *, note: str = "cancelled", kinds: Collection[str] | None = None
) -> list[Changed]:
    """`cancel` for every job of a request that hasn't ended; of these kinds alone where some are named."""
    which = "j.request_id = $1 and ($3::text[] is null or j.kind = any($3))"
    wanted = None if kinds is None else list(kinds)
    return [Changed(*row) for row in await conn.fetch(_CANCEL.format(which=which), request_id, note, wanted)]


async def cancel_clip(
    conn: AnyExecutor, clip_id: int, *, note: str = "cancelled", kinds: Collection[str] | None = None
) -> list[Changed]:
    """`cancel` for every job of a clip that hasn't ended; of these kinds alone where some are named."""
    which = "j.clip_id = $1 and ($3::text[] is null or j.kind = any($3))"
    wanted = None if kinds is None else list(kinds)
    return [Changed(*row) for row in await conn.fetch(_CANCEL.format(which=which), clip_id, note, wanted)]


_REPLAY = f"""
update jobs j set
  state = 'ready', attempt = 0, crashes = 0, run_at = now(), epoch = null, ended_at = null, error = null,
  progress = null, cancel_requested_at = null, note = $2
where j.id = $1 and j.state in ('dead', 'cancelled')
{_CHANGED}
"""  # noqa: S608 - only our own text


async def replay(conn: AnyExecutor, job_id: int, *, note: str = "replayed") -> Changed | None:
    """Give a dead or cancelled job a new life, with all its attempts; None when it is neither.

    Two at once make one life. Effects that were done stay done. A job whose `unique_key` another one took meanwhile
    raises `asyncpg.UniqueViolationError`.
    """
    row = await conn.fetchrow(_REPLAY, job_id, note)
    return Changed(*row) if row else None


_DISCARD = f"""
update jobs j set state = 'cancelled', ended_at = now(), note = $2
where j.id = $1 and j.state = 'dead'
{_CHANGED}
"""  # noqa: S608 - only our own text


async def discard(conn: AnyExecutor, job_id: int, *, note: str = "discarded") -> Changed | None:
    """Take a dead letter off the list; None when the job isn't one. It can still be replayed."""
    row = await conn.fetchrow(_DISCARD, job_id, note)
    return Changed(*row) if row else None


_PAUSE = "update lanes set paused_at = now(), paused_by = $2 where lane = $1 and paused_at is null returning true"
_RESUME = "update lanes set paused_at = null, paused_by = null where lane = $1 and paused_at is not null returning true"


async def pause(conn: AnyExecutor, lane: str, *, by: str) -> bool:
    """Start nothing more in a lane; False when it was paused already."""
    return bool(await conn.fetchval(_PAUSE, lane, by))


async def resume(conn: AnyExecutor, lane: str) -> bool:
    """Let a paused lane go on; False when it wasn't paused."""
    return bool(await conn.fetchval(_RESUME, lane))
