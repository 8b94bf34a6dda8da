"""Writes jobs to the ledger, inside the caller's transaction, their payloads checked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from pydantic import ValidationError

from clipnet.errors import BadInput
from clipnet.texts import text
from db import jobs as ledger
from db.jobs import JobInsert, Waiting
from db.pool import AnyExecutor
from pipeline.jobs import NewJob


async def enqueue(
    conn: AnyExecutor,
    jobs: Sequence[NewJob[Any]],
    *,
    trace_id: UUID | None = None,
    created_by: str = "api",
    parent: ledger.Job | None = None,
) -> list[int]:
    """Write `jobs` and return their ids in the order given; one whose `unique_key` is in use gives the first one's id.

    They start when the caller's transaction has committed: within a second, or at once if it was `announce`d.
    A follow-up inherits trace, request, clip and requester of its `parent` where it names none.

    Raises:
        BadInput: a payload doesn't fit its type.
    """
    return [w.id for w in await write(conn, jobs, trace_id=trace_id, created_by=created_by, parent=parent)]


async def write(
    conn: AnyExecutor,
    jobs: Sequence[NewJob[Any]],
    *,
    trace_id: UUID | None = None,
    created_by: str = "api",
    parent: ledger.Job | None = None,
) -> list[Waiting]:
    """`enqueue` for those who announce: returns what `announce` takes."""
    if not jobs:
        return []
    trace = trace_id or (parent.trace_id if parent else uuid4())
    return await ledger.enqueue(conn, [_insert(job, trace, created_by, parent) for job in jobs])


def _insert(job: NewJob[Any], trace_id: UUID, created_by: str, parent: ledger.Job | None) -> JobInsert:
    kind = job.type
    return JobInsert(
        kind=kind.kind,
        version=kind.version,
        payload=_checked(job),
        lane=kind.lane,
        priority=job.priority,
        requester=job.requester or (parent.requester if parent else ""),
        serial_key=job.serial_key,
        unique_key=job.unique_key,
        request_id=job.request_id or (parent.request_id if parent else None),
        clip_id=job.clip_id or (parent.clip_id if parent else None),
        parent_id=parent.id if parent else None,
        delay_s=job.delay_s,
        max_attempts=kind.max_attempts,
        run_timeout_s=kind.run_timeout_s,
        trace_id=trace_id,
        created_by=created_by,
    )


def _checked(job: NewJob[Any]) -> dict[str, Any]:
    try:
        payload = job.type.payload.model_validate(job.payload.model_dump())
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, e["loc"])) or e["type"] for e in error.errors(include_input=False))
        raise BadInput(
            text("What {kind} is given doesn't fit it: {fields}.", kind=job.type.kind, fields=fields)
        ) from error
    dumped: dict[str, Any] = payload.model_dump(mode="json")
    return dumped
