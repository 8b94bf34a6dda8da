"""What the worker's stages write about requests."""

from typing import Any

import asyncpg

from db.jobs import Job
from db.pool import AnyExecutor, Executor


async def begin(conn: asyncpg.Connection, request_id: int) -> None:
    """The request is being worked on."""
    await conn.execute("update requests set state = 'working' where id = $1 and state = 'queued'", request_id)


async def started(conn: AnyExecutor, job: Job) -> None:
    """`begin` for the request of a job that has just started; nothing when another worker has taken over."""
    await conn.execute(
        """
        update requests r set state = 'working' from jobs j, worker_lease w
        where j.id = $1 and j.state = 'running' and j.epoch = $2 and j.attempt = $3 and w.epoch = j.epoch
          and r.id = j.request_id and r.state = 'queued'
        """,
        job.id,
        job.epoch,
        job.attempt,
    )


async def reopen(conn: AnyExecutor, request_id: int) -> None:
    """A request that had ended goes on: from the start, or after its clips were done."""
    await conn.execute(
        """
        update requests set
          state = case state when 'done' then 'working' else 'queued' end, error = null, ended_at = null
        where id = $1 and state in ('done', 'failed', 'cancelled')
        """,
        request_id,
    )


async def has_clips(conn: AnyExecutor, request_id: int) -> bool:
    """Whether the moments of a request were chosen: from then on its clips say how it ends."""
    return bool(await conn.fetchval("select exists (select from clips where request_id = $1)", request_id))


async def end(conn: asyncpg.Connection, request_id: int, state: str, error: dict[str, Any] | None = None) -> bool:
    """End an open request as `failed` (with its error) or `cancelled`; False when it had ended before."""
    done = await conn.execute(
        """
        update requests set state = $2, error = $3, ended_at = now()
        where id = $1 and state in ('queued', 'working')
        """,
        request_id,
        state,
        error,
    )
    return bool(done.endswith(" 1"))


async def end_with_clips(conn: Executor, request_id: int) -> str | None:
    """End a request whose clips have all ended, and return its state; None while one is still to come.

    Done when there is a clip to see; else failed, with the first clip's error, when one failed; else cancelled.
    """
    await conn.execute("select from requests where id = $1 for update", request_id)
    state: str | None = await conn.fetchval(
        """
        update requests r set state = f.state, error = f.error, ended_at = now()
        from (
          select
            case when bool_or(state in ('ready', 'approved', 'posted')) then 'done'
                 when bool_or(state = 'failed') then 'failed' else 'cancelled' end as state,
            (array_agg(error order by rank) filter (where state = 'failed'))[1] as first_error,
            bool_or(state in ('queued', 'rendering')) as open, count(*) as clips
          from clips where request_id = $1
        ) c cross join lateral (
          select c.state, case when c.state = 'failed' then c.first_error end as error
        ) f
        where r.id = $1 and r.state = 'working' and c.clips > 0 and not c.open
        returning r.state
        """,
        request_id,
    )
    return state
