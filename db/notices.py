"""Where to tell: the one message of a request, whose revision only rises."""

from dataclasses import dataclass
from typing import Any

from asyncpg import Pool

from db.pool import Executor


@dataclass(frozen=True, slots=True)
class Notice:
    """The message of a request. `handle` finds it on its platform; `final` once the last word is said."""

    request_id: int
    place: dict[str, Any]
    handle: str | None
    revision: int
    body: dict[str, Any]
    final: bool


async def get(conn: Executor | Pool, request_id: int) -> Notice | None:
    """The notice of a request."""
    row = await conn.fetchrow(
        "select request_id, place, handle, revision, body, final from notices where request_id = $1", request_id
    )
    return Notice(**dict(row)) if row else None


async def say(
    conn: Executor,
    request_id: int,
    body: dict[str, Any],
    *,
    final: bool,
    handle: str | None = None,
    place: dict[str, Any] | None = None,
) -> bool:
    """Say something newer than whatever is there; after the last word only another last word is written.

    `place`: where the message is now, when it has moved.
    """
    tag: str = await conn.execute(
        """
        update notices
        set revision = revision + 1, body = $2, final = $3, handle = coalesce($4, handle), place = coalesce($5, place),
            updated_at = now()
        where request_id = $1 and (not final or $3)
        """,
        request_id,
        body,
        final,
        handle,
        place,
    )
    return tag.endswith(" 1")


async def reopen(conn: Executor, request_id: int) -> None:
    """The request goes on after its last word."""
    await conn.execute(
        "update notices set final = false, revision = revision + 1, updated_at = now() where request_id = $1",
        request_id,
    )
