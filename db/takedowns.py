"""What became of messages of ours that showed a clip which was taken down."""

from typing import Final, Literal

import asyncpg

from db.copies import Copy
from db.pool import AnyExecutor

Ending = Literal["deleted", "left"]
DELETED: Final = "deleted"
LEFT: Final = "left"


async def get(conn: AnyExecutor, copy_id: int) -> Copy | None:
    """One copy, or None."""
    row = await conn.fetchrow(
        "select id, clip_id, kind, platform, place, remote_id, url, state from copies where id = $1", copy_id
    )
    return Copy(*row) if row else None


async def end(conn: asyncpg.Connection, copy_id: int, state: Ending) -> None:
    """The message was deleted, or is left for a person to delete; of its place no more is kept than is needed."""
    await conn.execute(
        """
        update copies set state = $2, ended_at = now(),
          place = case when $2 = 'deleted' then place - 'extra' else place end
        where id = $1 and state = 'there'
        """,
        copy_id,
        state,
    )
