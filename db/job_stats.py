"""What operators ask about jobs. Plain SQL over indexes; Redis is never scanned."""

from dataclasses import dataclass
from datetime import datetime

from db.jobs import Job, row_to_job, selecting
from db.pool import AnyExecutor


@dataclass(frozen=True, slots=True)
class LaneStats:
    """One lane now. `depth`: may start; `waiting_retry`: not before later; `oldest_s`: age of the oldest that may."""

    lane: str
    paused_at: datetime | None
    depth: int
    oldest_s: float
    waiting_retry: int
    held: int
    running: int


_LANES = """
select l.lane, l.paused_at,
  count(*) filter (where j.state = 'ready' and j.run_at <= now() and j.held_at is null),
  coalesce(extract(epoch from now() - min(j.run_at) filter (
    where j.state = 'ready' and j.run_at <= now() and j.held_at is null)), 0)::float8,
  count(*) filter (where j.state = 'ready' and j.run_at > now()),
  count(*) filter (where j.held_at is not null),
  count(*) filter (where j.state = 'running')
from lanes l left join jobs j on j.lane = l.lane and j.state in ('ready', 'running')
group by l.lane, l.paused_at order by l.lane
"""


async def lanes(conn: AnyExecutor) -> list[LaneStats]:
    """How the lanes stand."""
    return [LaneStats(*row) for row in await conn.fetch(_LANES)]


@dataclass(frozen=True, slots=True)
class Totals:
    """`crashed`: unfinished jobs under which a worker died; `unknown_effects`: wait for a person's word."""

    dead: int
    crashed: int
    unknown_effects: int
    done_last_hour: int
    retrying: int


_TOTALS = """
select
  (select count(*) from jobs where state = 'dead'),
  (select count(*) from jobs where state in ('ready', 'running') and crashes > 0),
  (select count(*) from effects where state = 'unknown'),
  (select count(*) from jobs where state = 'done' and ended_at > now() - interval '1 hour'),
  (select count(*) from jobs where state in ('ready', 'running') and attempt > 1)
"""


async def totals(conn: AnyExecutor) -> Totals:
    """Counts over all lanes."""
    (row,) = await conn.fetch(_TOTALS)
    return Totals(*row)


async def running(conn: AnyExecutor) -> list[Job]:
    """What runs now, longest first."""
    rows = await conn.fetch(selecting("from jobs j where j.state = 'running' order by j.started_at"))
    return list(map(row_to_job, rows))


async def dead(conn: AnyExecutor, *, limit: int = 50) -> list[Job]:
    """The dead letters, newest first."""
    rows = await conn.fetch(selecting("from jobs j where j.state = 'dead' order by j.id desc limit $1"), limit)
    return list(map(row_to_job, rows))


_STUCK = """
from jobs j where
  j.state = 'running' and j.heartbeat_at < now() - make_interval(secs => $1)
  or j.state = 'running' and j.started_at < now() - make_interval(secs => j.run_timeout_s + $1)
  or j.state = 'ready' and j.run_at < now() - make_interval(secs => $2)
order by j.id limit $3
"""


async def stuck(conn: AnyExecutor, *, silent_s: float = 60.0, waiting_s: float = 900.0, limit: int = 50) -> list[Job]:
    """Jobs that run without a sign of life, run past their limit, or could start but don't."""
    return list(map(row_to_job, await conn.fetch(selecting(_STUCK), silent_s, waiting_s, limit)))


async def search(
    conn: AnyExecutor, *, state: str | None = None, kind: str | None = None, before: int | None = None, limit: int = 50
) -> list[Job]:
    """Jobs by state and kind, newest first; `before` an id, for the next page."""
    rows = await conn.fetch(selecting(_SEARCH), state, kind, before, limit)
    return list(map(row_to_job, rows))


_SEARCH = """
from jobs j where ($1::text is null or j.state = $1) and ($2::text is null or j.kind = $2)
  and ($3::bigint is null or j.id < $3)
order by j.id desc limit $4
"""
