"""What follows when a step ends without a result: the request or the clip says why, and the person is told."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from db import clip_work, request_work
from db.jobs import Job
from pipeline.jobs import CLIP_PROCESS, FFMPEG_POLISH, ML_SCORE, WHISPER_BATCH, NewJob
from pipeline.stages.jobs import notify_job, score_job

UNKNOWN = {"code": "unexpected", "sentence": "Something unexpected went wrong.", "hint": "Try again."}


async def on_end(conn: asyncpg.Connection, job: Job, state: str) -> Sequence[NewJob[Any]]:
    """Runs in the transaction that ends `job` as `dead` or `cancelled`; returns the jobs that follow.

    Without a transcript there are still clips: when recognition fails for good, selection goes on without words.
    """
    if job.kind == WHISPER_BATCH.kind and state == "dead" and job.request_id is not None:
        return [score_job(job.request_id)]
    if job.kind in (CLIP_PROCESS.kind, WHISPER_BATCH.kind, ML_SCORE.kind) and job.request_id is not None:
        ended = await request_work.end(conn, job.request_id, _state(state), _error(job, state))
        return [notify_job(job.request_id)] if ended else []
    if job.kind == FFMPEG_POLISH.kind and job.clip_id is not None and job.request_id is not None:
        return await _clip_ended(conn, job.request_id, job.clip_id, _state(state), _error(job, state))
    return []


async def _clip_ended(
    conn: asyncpg.Connection, request_id: int, clip_id: int, state: str, error: dict[str, Any] | None
) -> list[NewJob[Any]]:
    if not await clip_work.end(conn, clip_id, state, error):
        return []
    then = [notify_job(request_id, clip_id)]
    await request_work.begin(conn, request_id)
    if await request_work.end_with_clips(conn, request_id):
        then.append(notify_job(request_id))
    return then


def _state(job_state: str) -> str:
    return "failed" if job_state == "dead" else "cancelled"


def _error(job: Job, state: str) -> dict[str, Any] | None:
    if state != "dead":
        return None
    return {"hint": "", **(job.error or UNKNOWN)}
