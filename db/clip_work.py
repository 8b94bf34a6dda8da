"""What the worker's stages write about clips."""

from dataclasses import dataclass
from typing import Any

import asyncpg

from db.jobs import Job
from db.pool import AnyExecutor


@dataclass(frozen=True, slots=True)
class NewClip:
    """A clip to be made, times in seconds of the source; `rank` 1 is the best of its request."""

    request_id: int
    source_id: int
    segment_id: int
    rank: int
    start_s: float
    end_s: float
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class ClipWork:
    """What the making of a clip needs to know."""

    id: int
    request_id: int
    source_id: int
    rank: int
    state: str
    start_s: float
    end_s: float
    reason: str
    title: str
    options: dict[str, Any]
    revision: int


@dataclass(frozen=True, slots=True)
class Finished:
    """What a clip became; `metadata` holds descriptions and hashtags for the platforms."""

    width: int
    height: int
    duration_s: float
    title: str
    metadata: dict[str, Any]


async def put(conn: asyncpg.Connection, clip: NewClip) -> tuple[int, int] | None:
    """Write a queued clip and return its id and revision; None when the request has one of that rank already."""
    row = await conn.fetchrow(
        """
        insert into clips (request_id, source_id, segment_id, rank, start_s, end_s, score, reason)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (request_id, rank) do nothing returning id, revision
        """,
        clip.request_id,
        clip.source_id,
        clip.segment_id,
        clip.rank,
        clip.start_s,
        clip.end_s,
        clip.score,
        clip.reason,
    )
    return (row["id"], row["revision"]) if row else None


async def queued(conn: AnyExecutor, request_id: int) -> list[tuple[int, int]]:
    """Id and revision of each of a request's clips that waits to be made, best first."""
    rows = await conn.fetch(
        "select id, revision from clips where request_id = $1 and state = 'queued' order by rank", request_id
    )
    return [(row["id"], row["revision"]) for row in rows]


async def get(conn: AnyExecutor, clip_id: int) -> ClipWork | None:
    """One clip, or None."""
    row = await conn.fetchrow(
        """
        select id, request_id, source_id, rank, state, start_s, end_s, reason, title, options, revision
        from clips where id = $1
        """,
        clip_id,
    )
    return ClipWork(*row) if row else None


async def started(conn: AnyExecutor, job: Job) -> None:
    """The clip of a job that has just started is being rendered; nothing when another worker has taken over."""
    await conn.execute(
        """
        update clips c set state = 'rendering', updated_at = now() from jobs j, worker_lease w
        where j.id = $1 and j.state = 'running' and j.epoch = $2 and j.attempt = $3 and w.epoch = j.epoch
          and c.id = j.clip_id and c.state = 'queued'
        """,
        job.id,
        job.epoch,
        job.attempt,
    )


async def reopen(conn: AnyExecutor, clip_id: int) -> bool:
    """A clip that had failed or was cancelled is queued again; False for any other."""
    done = await conn.execute(
        """
        update clips set state = 'queued', error = null, updated_at = now()
        where id = $1 and state in ('failed', 'cancelled')
        """,
        clip_id,
    )
    return bool(done.endswith(" 1"))


async def finish(conn: asyncpg.Connection, clip_id: int, revision: int, finished: Finished) -> bool:
    """The clip is ready; False when it was cancelled, deleted or changed meanwhile. A title given by a person stays."""
    done = await conn.execute(
        """
        update clips set
          state = 'ready', width = $2, height = $3, duration_s = $4,
          title = case when title = '' then $5 else title end, metadata = $6, error = null, updated_at = now()
        where id = $1 and revision = $7 and state = 'rendering'
        """,
        clip_id,
        finished.width,
        finished.height,
        finished.duration_s,
        finished.title,
        finished.metadata,
        revision,
    )
    return bool(done.endswith(" 1"))


async def end(conn: asyncpg.Connection, clip_id: int, state: str, error: dict[str, Any] | None = None) -> bool:
    """End an unfinished clip as `failed` (with its error) or `cancelled`; False when it had ended before."""
    done = await conn.execute(
        """
        update clips set state = $2, error = $3, updated_at = now()
        where id = $1 and state in ('queued', 'rendering')
        """,
        clip_id,
        state,
        error,
    )
    return bool(done.endswith(" 1"))


async def is_deleted(conn: AnyExecutor, clip_id: int) -> bool:
    """Whether a person has deleted the clip."""
    return bool(await conn.fetchval("select state = 'deleted' from clips where id = $1", clip_id))
