"""What a job handler is given and what it returns."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar
from uuid import UUID

import asyncpg

from db.jobs import Job
from pipeline.jobs import NewJob, Payload

P_contra = TypeVar("P_contra", bound=Payload, contravariant=True)

Write = Callable[[asyncpg.Connection], Awaitable["Sequence[NewJob[Any]] | None"]]


@dataclass(frozen=True, slots=True)
class Done:
    """A step's success.

    `write` runs in the very transaction that completes the job and enqueues `then`, behind the fence of the epoch:
    a worker that lost its lease writes nothing. Where a follow-up needs what `write` has just written (the id of a new
    clip), `write` returns it. Follow-ups inherit trace, request, clip and requester where they name none.
    """

    result: dict[str, Any] = field(default_factory=dict)
    then: Sequence[NewJob[Any]] = ()
    write: Write | None = None


class JobContext(Protocol):
    """What the worker offers a running job.

    Attributes:
        scratch: an empty folder of this attempt alone, removed when the attempt ends.
        pool: connections with the worker's rights; reads only. Writes belong into `Done.write`.
    """

    job_id: int
    request_id: int | None
    clip_id: int | None
    trace_id: UUID
    attempt: int
    epoch: int
    scratch: Path
    pool: asyncpg.Pool

    def progress(self, stage: str, fraction: float, note: str = "") -> None:
        """Say how far `stage` is, 0 to 1; cheap, may be called often."""

    async def effect(
        self, key: str, act: Callable[[], Awaitable[str]], lookup: Callable[[], Awaitable[str | None]] | None = None
    ) -> str:
        """Do something outside exactly once and return its remote id.

        An intent is written under the epoch before `act` runs. `act` raises a `ClipNetError` when the thing surely was
        not done (refused, not reached); any other exception leaves the outcome open. When it is open, after that or a
        crash, `lookup` is asked what happened before anything is done again: the remote id, or None when it surely
        didn't happen. Without a `lookup`, or when it raises `Conflict` because the place can't be asked, the effect
        becomes `unknown` and a person decides.

        Raises:
            Conflict: the outcome of an earlier try is unknown.
            asyncio.CancelledError: the job was cancelled, or another worker has taken over; nothing was done.
        """


class Handler(Protocol[P_contra]):
    """Runs one job. A `ClipNetError` other than `Unavailable` ends it for good; anything else is tried again."""

    async def __call__(self, ctx: JobContext, payload: P_contra, /) -> Done: ...


class BatchHandler(Protocol[P_contra]):
    """Runs several jobs of a type whose `gather` is above 1 in one call; returns what became of each, in order.

    What it raises holds for every one of them.
    """

    async def __call__(self, jobs: Sequence[tuple[JobContext, P_contra]], /) -> Sequence[Done | Exception]: ...


Handlers = Mapping[str, Handler[Any] | BatchHandler[Any]]
"""Who runs which kind; a kind whose type gathers is run by a `BatchHandler`."""


class OnStart(Protocol):
    """What a job's start means for others: runs after its claim and before its handler, on every attempt.

    What it writes has to be fenced by the job's epoch and attempt.
    """

    async def __call__(self, pool: asyncpg.Pool, job: Job, /) -> None: ...


class OnEnd(Protocol):
    """What follows when a job ends as `dead` or `cancelled`: runs in the transaction that ends it.

    Marks the request or clip as failed, say; the jobs it returns are enqueued in the same transaction.
    """

    async def __call__(self, conn: asyncpg.Connection, job: Job, state: str, /) -> Sequence[NewJob[Any]]: ...
