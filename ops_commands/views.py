"""What operators' commands return as data."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from bot.views import Failure, failure
from bot.vocabulary import Field as Line
from db.overview import JobLine


class JobView(BaseModel):
    """A job; `request` and `clip` are public ids."""

    id: int
    kind: str
    state: str
    lane: str
    requester: str
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
    error: Failure | None
    trace_id: UUID


class JobList(BaseModel):
    """Jobs; `next` is the id to go on before, None at the end."""

    items: list[JobView]
    next: int | None = None


def job_view(job: JobLine) -> JobView:
    """A job without its payload, which may hold a stranger's text."""
    own = {name: getattr(job, name) for name in JobView.model_fields if name != "error"}
    return JobView(**own, error=failure(job.error))


def job_line(job: JobLine) -> Line:
    """A job in one line."""
    words = [job.kind, job.state]
    words += [f"of {job.clip or job.request}"] if job.clip or job.request else []
    words += [f"attempt {job.attempt}/{job.max_attempts}"] if job.attempt else []
    words += [f"{job.crashes} crashes"] if job.crashes else []
    if job.progress and job.state == "running":
        words.append(f"{job.progress.get('stage', '')} {100 * float(job.progress.get('fraction') or 0):.0f} %".strip())
    told = failure(job.error)
    return Line(f"job {job.id}", ", ".join(words) + (f": {told.sentence}" if told else ""))
