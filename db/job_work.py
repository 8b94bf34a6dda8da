"""What the worker does to jobs: claim, finish, settle, heartbeat. Every statement is fenced by the lease's epoch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import asyncpg

from db.jobs import COLUMNS, Job, JobState, Waiting, row_to_job
from db.pool import AnyExecutor, Executor

# Steps of one serial key never overlap and never overtake, not even one that waits for its retry.
UNBLOCKED = """not exists (
    select from jobs e where e.serial_key = j.serial_key and e.id <> j.id
      and (e.state = 'running' or e.state = 'ready' and e.id < j.id))"""

CLAIM = f"""
update jobs j set
  state = 'running', attempt = j.attempt + 1, epoch = $1, executed_by = $2, started_at = now(), heartbeat_at = now(),
  progress = null, note = ''
where j.id = any($3::bigint[]) and j.state = 'ready' and j.run_at <= now() and j.held_at is null
  and exists (select from worker_lease w where w.epoch = $1)
  and exists (select from lanes l where l.lane = j.lane and l.paused_at is null)
  and (j.serial_key is null or {UNBLOCKED})
returning {COLUMNS}
"""  # noqa: S608 - only our own text


async def claim(conn: AnyExecutor, ids: Sequence[int], *, epoch: int, worker: str) -> list[Job]:
    """Start those of the jobs that may start now.

    Not started are: unknown ones, ended, running, delayed, held, of a paused lane, behind another of their serial key;
    and none at all when the lease has moved on to another epoch.
    """
    return [row_to_job(row) for row in await conn.fetch(CLAIM, epoch, worker, ids)]


_ADVANCE = """
update lanes l set turn = n.turn from unnest($1::text[], $2::bigint[]) as n (lane, turn)
where l.lane = n.lane and l.turn < n.turn
"""


async def advance_turns(conn: AnyExecutor, turns: Mapping[str, int]) -> None:
    """Say how far the lanes have come: who enqueues from now on stands behind nobody who came earlier."""
    await conn.execute(_ADVANCE, list(turns), list(turns.values()))


async def known(conn: AnyExecutor, ids: Sequence[int]) -> set[int]:
    """Those of the ids that are jobs."""
    return {row[0] for row in await conn.fetch("select id from jobs where id = any($1::bigint[])", ids)}


@dataclass(frozen=True, slots=True)
class Claimable:
    """A job that may start now; `fresh` when nothing but a loss explains that Redis doesn't have it."""

    waiting: Waiting
    fresh: bool


_CLAIMABLE = f"""
select j.id, j.lane, j.priority, j.turn,
  j.serial_key is null and j.attempt = 0 and j.run_at = j.created_at and j.note = ''
from jobs j join lanes l on l.lane = j.lane and l.paused_at is null
where j.state = 'ready' and j.lane = any($1::text[]) and j.held_at is null
  and j.run_at <= now() - make_interval(secs => $2) and j.id <> all($3::bigint[])
  and ($4::text is null or j.kind = $4 and j.crashes = 0)
  and (j.serial_key is null or {UNBLOCKED})
order by j.lane, j.priority, j.turn, j.id limit $5
"""  # noqa: S608 - only our own text


async def claimable(
    conn: AnyExecutor,
    lanes: Collection[str],
    *,
    limit: int,
    grace_s: float = 0.0,
    without: Collection[int] = (),
    kind: str | None = None,
) -> list[Claimable]:
    """Jobs that may start now and have been ready for `grace_s`, in their lanes' order; those of a `kind` that can be
    gathered (no worker died under them), when one is given.
    """
    rows = await conn.fetch(_CLAIMABLE, list(lanes), grace_s, list(without), kind, limit)
    return [Claimable(Waiting(*tuple(row)[:4]), row[4]) for row in rows]


@dataclass(frozen=True, slots=True)
class Ended:
    """A job whose state was written; `at` by the ledger's clock. `successor` is the next one of its serial key."""

    id: int
    state: JobState
    at: datetime
    successor: Waiting | None


_SUCCESSOR = """
select m.id, m.state, now(), n.id, n.lane, n.priority, n.turn
from moved m left join lateral (
  select * from (
    select s.id, s.lane, s.priority, s.turn, s.run_at, s.held_at from jobs s
    where s.serial_key = m.serial_key and s.state = 'ready' and s.id <> m.id order by s.id limit 1
  ) f where f.run_at <= now() and f.held_at is null
) n on true
"""

FINISH = f"""
with moved as (
  update jobs j set state = 'done', result = f.result, error = null, note = '', ended_at = now()
  from unnest($2::bigint[], $3::int[], $4::jsonb[]) as f (id, attempt, result)
  where j.id = f.id and j.state = 'running' and j.epoch = $1 and j.attempt = f.attempt
    and j.cancel_requested_at is null
  returning j.id, j.state, j.serial_key
) {_SUCCESSOR}
"""  # noqa: S608 - only our own text


async def finish(conn: AnyExecutor, done: Sequence[tuple[int, int, dict[str, Any]]], *, epoch: int) -> dict[int, Ended]:
    """End attempts (id, attempt, result) successfully; missing from the answer is what was fenced or cancelled."""
    rows = await conn.fetch(FINISH, epoch, *map(list, zip(*done, strict=True)))
    return {row[0]: _ended(row) for row in rows}


# Whoever cancelled a running job is right, whatever else would become of it.
SETTLE = f"""
with moved as (
  update jobs j set
    state = case when j.cancel_requested_at is null then $4 else 'cancelled' end,
    run_at = now() + make_interval(secs => $5),
    ended_at = case when j.cancel_requested_at is null and $4 = 'ready' then null else now() end,
    attempt = j.attempt - case when $6 then 0 else 1 end,
    held_at = case when $7 and j.cancel_requested_at is null then now() end,
    error = coalesce($8, j.error),
    note = $9
  where j.id = $1 and j.state = 'running' and j.epoch = $2 and j.attempt = $3
  returning j.id, j.state, j.serial_key
) {_SUCCESSOR}
"""  # noqa: S608 - only our own text


async def settle(
    conn: AnyExecutor,
    job: Job,
    state: Literal["ready", "dead", "cancelled"],
    *,
    note: str,
    error: Mapping[str, Any] | None = None,
    delay_s: float = 0.0,
    counted: bool = True,
    held: bool = False,
) -> Ended | None:
    """End an attempt otherwise than well; None when the lease has moved on. A cancelled job ends as `cancelled`.

    `counted=False` gives the attempt back; `held=True` makes the job wait for a newer worker.
    """
    row = await conn.fetchrow(
        SETTLE, job.id, job.epoch, job.attempt, state, delay_s, counted, held, dict(error) if error else None, note
    )
    return _ended(row) if row else None


def _ended(row: asyncpg.Record) -> Ended:
    return Ended(row[0], row[1], row[2], Waiting(row[3], row[4], row[5], row[6]) if row[3] else None)


_BURY = """
update jobs j set state = 'dead', ended_at = now(), error = $2, note = $3 where j.id = $1 and j.state = 'ready'
returning j.id
"""


async def bury(conn: AnyExecutor, job_id: int, *, error: Mapping[str, Any], note: str) -> bool:
    """Make a waiting job a dead letter; False when it doesn't wait."""
    return bool(await conn.fetchval(_BURY, job_id, dict(error), note))


_POISON = f"""
select {COLUMNS} from jobs j where j.state = 'ready' and j.crashes >= $1 and j.cancel_requested_at is null order by j.id
"""  # noqa: S608 - only our own text


async def poison(conn: AnyExecutor, max_crashes: int) -> list[Job]:
    """Waiting jobs under which a worker died too often, but for those that were to stop."""
    return [row_to_job(row) for row in await conn.fetch(_POISON, max_crashes)]


# Of a clip it is the newest step that counts, of a request as a whole the one that ended last.
_OVERDUE = f"""
select {COLUMNS} from jobs j join requests r on r.id = j.request_id and r.state in ('queued', 'working')
where j.state in ('dead', 'cancelled') and j.kind = any($1::text[]) and
  case when exists (select from clips c where c.id = j.clip_id and c.state in ('queued', 'rendering'))
  then not exists (
    select from jobs n where n.clip_id = j.clip_id and n.kind = any($1)
      and (n.state in ('ready', 'running') or n.id > j.id))
  else not exists (
    select from jobs n where n.request_id = j.request_id and n.kind = any($1)
      and (n.state in ('ready', 'running') or (n.ended_at, n.id) > (j.ended_at, j.id)))
  end
order by j.id limit $2 for update of j skip locked
"""  # noqa: S608 - only our own text


async def overdue(conn: Executor, kinds: Collection[str], *, limit: int) -> list[Job]:
    """Steps of these kinds that ended without success, while the clip or the request that they ended goes on waiting
    for them; held until the transaction ends, so that none gets a new life meanwhile.
    """
    return [row_to_job(row) for row in await conn.fetch(_OVERDUE, list(kinds), limit)]


@dataclass(frozen=True, slots=True)
class Pulse:
    """A job that runs under my epoch, as the ledger sees it."""

    id: int
    attempt: int
    cancel_requested: bool


_HEARTBEAT = """
with beat as (
  update worker_lease set heartbeat_at = now(), status = $2 where epoch = $1
)
update jobs j set heartbeat_at = now(), progress = coalesce(p.progress, j.progress)
from jobs r left join unnest($3::bigint[], $4::jsonb[]) as p (id, progress) on p.id = r.id
where r.state = 'running' and r.epoch = $1 and j.id = r.id and j.state = 'running' and j.epoch = $1
returning j.id, j.attempt, j.cancel_requested_at is not null
"""


async def heartbeat(
    conn: AnyExecutor, *, epoch: int, status: Mapping[str, Any], progress: Mapping[int, dict[str, Any] | None]
) -> list[Pulse]:
    """A sign of life for the worker and everything it runs; returns what the ledger thinks that it runs."""
    rows = await conn.fetch(_HEARTBEAT, epoch, dict(status), list(progress), list(progress.values()))
    return [Pulse(*row) for row in rows]


_GIVE_BACK = """
update jobs j set state = 'ready', run_at = now(), attempt = j.attempt - 1, note = $4
from unnest($2::bigint[], $3::int[]) as p (id, attempt)
where j.id = p.id and j.attempt = p.attempt and j.state = 'running' and j.epoch = $1
returning j.id
"""


async def give_back(conn: AnyExecutor, astray: Sequence[Pulse], *, epoch: int, note: str) -> list[int]:
    """Put running jobs that nobody works at back, without counting the attempt."""
    rows = await conn.fetch(_GIVE_BACK, epoch, [p.id for p in astray], [p.attempt for p in astray], note)
    return [row[0] for row in rows]


async def paused_lanes(conn: AnyExecutor) -> set[str]:
    """Lanes in which nothing may start."""
    return {row[0] for row in await conn.fetch("select lane from lanes where paused_at is not null")}
