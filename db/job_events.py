"""The history of jobs, and where a request's jobs stand now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.pool import AnyExecutor


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of a job's state; `from_state` is None for its birth."""

    id: int
    job_id: int
    from_state: str | None
    to_state: str
    attempt: int
    epoch: int | None
    note: str
    at: datetime


_HISTORY = """
select id, job_id, from_state, to_state, attempt, epoch, note, at from job_events where job_id = $1 order by id
"""


async def history(conn: AnyExecutor, job_id: int) -> list[Transition]:
    """Every transition of a job, oldest first."""
    return [Transition(*row) for row in await conn.fetch(_HISTORY, job_id)]


def replayed_state(history: list[Transition]) -> str | None:
    """The state that a history leads to; None for an empty one. Raises `ValueError` where a link is missing."""
    state = None
    for step in history:
        if step.from_state != state:
            raise ValueError(f"job {step.job_id}: event {step.id} starts at {step.from_state}, not {state}")
        state = step.to_state
    return state


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where one job stands, or the request itself (`job_id` None); `at`: seconds since 1970 of its last change."""

    request_id: int | None
    job_id: int | None
    kind: str
    state: str
    note: str
    progress: dict[str, Any] | None
    at: float


_SINCE = """
select j.request_id, j.id, j.kind, j.state, j.note, j.progress, extract(epoch from greatest(
  (select e.at from job_events e where e.job_id = j.id order by e.id desc limit 1),
  case j.state when 'running' then to_timestamp((j.progress ->> 'at')::float8) end))::float8
from jobs j
"""
_OF_REQUEST = """
where j.request_id = $1
union all
select r.id, null, 'request', r.state, coalesce(r.error ->> 'sentence', ''), null,
  extract(epoch from coalesce(r.ended_at, r.created_at))::float8
from requests r where r.id = $1
order by 2 nulls last
"""
_OF_ALL = """
where j.state in ('running', 'ready') or j.ended_at > now() - interval '30 seconds' order by j.id limit 1000
"""


async def snapshot(conn: AnyExecutor, request_id: int | None) -> list[Snapshot]:
    """Where the jobs of a request and, last, the request itself stand; with None, all jobs that are of interest now."""
    rows = await (conn.fetch(_SINCE + _OF_ALL) if request_id is None else conn.fetch(_SINCE + _OF_REQUEST, request_id))
    return [Snapshot(*row) for row in rows]
