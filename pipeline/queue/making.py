"""What the life of a job means for the request and the clip it works on, whoever starts, ends or revives it.

The worker calls this when a job starts or ends without a result, a command when it cancels or replays one: always in
the transaction of that very change.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from clipnet.texts import text
from db import clip_work, notices, request_work
from db.jobs import Job
from pipeline.jobs import CLIP_PROCESS, FFMPEG_POLISH, ML_SCORE, WHISPER_BATCH, NewJob
from pipeline.steps import notify_job, score_job

UNKNOWN = {"code": "unexpected", "sentence": text("Something unexpected went wrong."), "hint": text("Try again.")}
OF_REQUEST = frozenset({CLIP_PROCESS.kind, WHISPER_BATCH.kind, ML_SCORE.kind})
MAKING = OF_REQUEST | {FFMPEG_POLISH.kind}
"""Steps that a request waits for. How a message or a post ends changes nothing of the request."""


async def on_start(pool: asyncpg.Pool, job: Job) -> None:
    """The request is worked on and the clip is rendered, from the first start on; behind the fence of the job's epoch.

    Two statements of their own, so that they never hold one row while they wait for the other.
    """
    if job.kind in MAKING:
        await request_work.started(pool, job)
    if job.kind == FFMPEG_POLISH.kind:
        await clip_work.started(pool, job)


async def on_end(conn: asyncpg.Connection, job: Job, state: str) -> Sequence[NewJob[Any]]:
    """`job` ends as `dead` or `cancelled`: the request or the clip says why; returns the jobs that follow.

    Without a transcript there are still clips: when recognition fails for good, selection goes on without words.
    """
    if job.request_id is None:
        return []
    if job.kind == WHISPER_BATCH.kind and state == "dead":
        return [score_job(job.request_id)]
    ending, error = ("failed", _error(job)) if state == "dead" else ("cancelled", None)
    if job.kind == FFMPEG_POLISH.kind and job.clip_id is not None:
        told = await clip_work.end(conn, job.clip_id, ending, error)
        then = [notify_job(job.request_id, job.clip_id)] if told else []
        return then + await end_with_clips(conn, job.request_id)
    if job.kind in OF_REQUEST:
        if await request_work.has_clips(conn, job.request_id):
            return await end_with_clips(conn, job.request_id)
        ended = await request_work.end(conn, job.request_id, ending, error)
        return [notify_job(job.request_id)] if ended else []
    return []


async def end_with_clips(conn: asyncpg.Connection, request_id: int) -> list[NewJob[Any]]:
    """End a request that waits for no clip any more, and tell so; nothing while one is still to come."""
    await request_work.begin(conn, request_id)
    return [notify_job(request_id)] if await request_work.end_with_clips(conn, request_id) else []


async def on_replay(conn: asyncpg.Connection, job: Job) -> None:
    """A dead or cancelled job lives again: what it works on is open again, and a new last word will be said."""
    if job.request_id is None or job.kind not in MAKING:
        return
    if job.kind == FFMPEG_POLISH.kind and not (job.clip_id and await clip_work.reopen(conn, job.clip_id)):
        return
    await request_work.reopen(conn, job.request_id)
    await notices.reopen(conn, job.request_id)


def _error(job: Job) -> dict[str, Any]:
    return {"hint": "", **(job.error or UNKNOWN)}
