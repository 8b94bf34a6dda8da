"""Actions that wait for the same person to confirm them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.pool import Executor

VALID_S = 60


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A command as it was asked for, and the hash of the state that its plan rested on."""

    id: UUID
    command: str
    args: dict[str, Any]
    state_hash: str


async def propose(conn: Executor, user_id: int, command: str, args: dict[str, Any], state_hash: str) -> UUID:
    """Keep an action for 60 s."""
    found: UUID = await conn.fetchval(
        """
        insert into confirmations (user_id, command, args, state_hash, expires_at)
        values ($1, $2, $3, $4, now() + make_interval(secs => $5)) returning id
        """,
        user_id,
        command,
        args,
        state_hash,
        VALID_S,
    )
    return found


async def take(conn: Executor, user_id: int, confirmation_id: UUID | None) -> Confirmation | None:
    """The waiting action of this person, taken once: the named one, or the newest. None when there is none in time."""
    row = await conn.fetchrow(
        """
        update confirmations set used_at = now()
        where id = (
          select id from confirmations
          where user_id = $1 and used_at is null and expires_at > now() and ($2::uuid is null or id = $2)
          order by expires_at desc limit 1 for update
        ) and used_at is null
        returning id, command, args, state_hash
        """,
        user_id,
        confirmation_id,
    )
    return Confirmation(**dict(row)) if row else None
