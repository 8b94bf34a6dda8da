"""What a handler is given: the person, the place, the transaction it works in, and the way to the queue."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from asyncpg import UniqueViolationError

from bot.adapters.base import AdapterStatus
from bot.command import COMMUNITY_ROLES, OPERATOR_ROLES, Role
from bot.community import CommunitySettings, read_settings
from bot.consent import Consent
from bot.registry import Registry
from bot.rooms import Rooms
from bot.vocabulary import Invocation
from clipnet.errors import Conflict
from clipnet.settings import Settings
from clipnet.texts import text
from db import askers, jobs
from db.communities import Community
from db.jobs import Changed
from db.pool import Executor
from db.users import User
from pipeline.jobs import CLIPBOT_NOTIFY, NewJob, Notify
from pipeline.queue.facade import Queue, Transaction
from pipeline.queue.making import MAKING


@dataclass(frozen=True, slots=True)
class Services:
    """What the router and its handlers work with; handed in once, at the start of the process.

    Attributes:
        adapters: how each platform's adapter in this process is, by platform; empty where none runs.
        consents: how accounts are connected here, by platform.
        rooms: how channels and roles are looked up, by platform.
    """

    settings: Settings
    queue: Queue
    adapters: dict[str, AdapterStatus] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    rooms: dict[str, Rooms] = field(default_factory=dict)


@dataclass(slots=True)
class Context:
    """One command being handled. Whatever it writes holds altogether or not at all.

    Attributes:
        acted_as: the role that an action on somebody else's thing needed; such an action is audited.
        changed: jobs that were cancelled or given a new life; the worker is told after the commit.
        named: people whom an argument named, as it was typed and as they are shown; the audit knows them by their row
            alone.
    """

    services: Services
    registry: Registry
    tx: Transaction
    invocation: Invocation
    user: User
    community: Community | None
    acted_as: Role | None = None
    changed: list[Changed] = field(default_factory=list)
    named: dict[str, int] = field(default_factory=dict)

    @property
    def community_id(self) -> int | None:
        """The community that this place belongs to."""
        return self.community.id if self.community else None

    @property
    def settings(self) -> CommunitySettings:
        """What holds in this place; the defaults where it belongs to no community."""
        return read_settings(self.community.settings if self.community else {})

    @property
    def conn(self) -> Executor:
        """The connection of this command's transaction."""
        return self.tx.conn

    @property
    def trace_id(self) -> UUID:
        """Follows the request from here to the finished clip."""
        return self.invocation.trace_id

    def may(self, role: Role) -> bool:
        """Whether the person holds a role here, or one above it."""
        return holds(self.user.roles, role)

    async def enqueue(self, job: NewJob[Any]) -> int:
        """Write a job; returns its id."""
        return (await self.tx.enqueue(job))[0]

    async def tell_end(self, request_id: int) -> None:
        """Have the end of a request told where it was asked for."""
        await self.enqueue(
            NewJob(
                CLIPBOT_NOTIFY,
                Notify(request_id=request_id, about="request"),
                request_id=request_id,
                serial_key=f"notify:{request_id}",
                requester=f"user:{self.user.id}",
            )
        )

    async def cancel_request(self, request_id: int) -> None:
        """Cancel the making of a request that hasn't ended; the caller ends the request and its clips."""
        self.changed += await jobs.cancel_request(self.conn, request_id, note=self._by("cancelled"), kinds=MAKING)

    async def cancel_clip(self, clip_id: int) -> None:
        """Cancel the making of a clip; the caller ends the clip.

        What is just being said of it is not broken off: it may stand there already, and only whoever says it can write
        down where, so that it is taken back.
        """
        self.changed += await jobs.cancel_clip(self.conn, clip_id, note=self._by("cancelled"), kinds=MAKING)

    async def cancel_job(self, job_id: int) -> Changed | None:
        """Cancel one job, with what that means for its request; None when it has ended or doesn't exist."""
        found = await self.tx.cancel(job_id, note=self._by("cancelled"))
        self.changed += [found] if found else []
        return found

    async def replay(self, job_id: int) -> Changed | None:
        """Give a dead or cancelled job a new life, and open its request and clip again; None when it is neither.

        Raises:
            Conflict: another job does the same work meanwhile.
        """
        try:
            found = await self.tx.replay(job_id, note=self._by("replayed"))
        except UniqueViolationError:
            raise Conflict(text("Another job does the work of job {job_id} already.", job_id=job_id)) from None
        self.changed += [found] if found else []
        return found

    async def take_up(self, request_id: int) -> None:
        """Ask for what one has started again, when nobody does any more; the request is held."""
        place, message_id = self.invocation.place.stored(), self.invocation.message_id
        await askers.take_up(self.conn, request_id, self.user.id, place, message_id)

    async def discard(self, job_id: int) -> Changed | None:
        """Take a dead letter off the list; None when the job isn't one."""
        found = await jobs.discard(self.conn, job_id, note=self._by("discarded"))
        self.changed += [found] if found else []
        return found

    def _by(self, what: str) -> str:
        return f"{what} by user {self.user.id}"


def holds(roles: frozenset[str], needed: Role) -> bool:
    """Whether roles include the needed one or one above it.

    Operators' roles and communities' are two ladders; who operates the installation moderates every community of it.
    """
    ladder = OPERATOR_ROLES if needed in OPERATOR_ROLES else (*COMMUNITY_ROLES, *OPERATOR_ROLES[1:])
    return not roles.isdisjoint(ladder[ladder.index(needed) :])
