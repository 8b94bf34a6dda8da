"""What a handler is given: the person, the place, the transaction it works in, and the way to the queue."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import redis.asyncio
from asyncpg import Connection, Pool

from bot.command import COMMUNITY_ROLES, OPERATOR_ROLES, Role
from bot.registry import Registry
from bot.vocabulary import Invocation
from clipnet.settings import Settings
from db.users import User
from pipeline.jobs import NewJob
from pipeline.queue import enqueue


@dataclass(frozen=True, slots=True)
class Services:
    """What the router and its handlers work with; handed in once, at the start of the process."""

    settings: Settings
    pool: Pool
    redis: redis.asyncio.Redis


@dataclass(slots=True)
class Context:
    """One command being handled. Whatever it writes through `conn` and `enqueue` holds altogether or not at all.

    Attributes:
        queued: ids of the jobs written so far; they are announced after the commit.
        acted_as: the role that an action on somebody else's thing needed; such an action is audited.
    """

    services: Services
    registry: Registry
    conn: Connection
    invocation: Invocation
    user: User
    community_id: int | None
    queued: list[int] = field(default_factory=list)
    acted_as: Role | None = None

    @property
    def trace_id(self) -> UUID:
        """Follows the request from here to the finished clip."""
        return self.invocation.trace_id

    def may(self, role: Role) -> bool:
        """Whether the person holds a role here, or one above it."""
        return holds(self.user.roles, role)

    async def enqueue(self, job: NewJob[Any]) -> int:
        """Write a job into the transaction of this command; returns its id."""
        job_id = await enqueue(self.conn, job, trace_id=self.trace_id, created_by="api")
        self.queued.append(job_id)
        return job_id


def holds(roles: frozenset[str], needed: Role) -> bool:
    """Whether roles include the needed one or one above it; operators' roles and communities' are two ladders."""
    ladder = OPERATOR_ROLES if needed in OPERATOR_ROLES else COMMUNITY_ROLES
    return not roles.isdisjoint(ladder[ladder.index(needed) :])
