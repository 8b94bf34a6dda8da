"""What the worker's stages write about requests."""

from typing import Any

import asyncpg

from db.pool import Executor


async def begin(conn: asyncpg.Connection, request_id: int) -> None:
    """The request is being worked on."""
    await conn.execute("update requests set state = 'working' where id = $1 and state = 'queued'", request_id)


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
