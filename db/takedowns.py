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


async def overlooked(conn: AnyExecutor, limit: int = 500) -> list[tuple[int, int]]:
    """Copies that are still there though their clip is gone: sent while it was taken down. Clip and copy, by row id."""
    rows = await conn.fetch(
        """
        select c.clip_id, c.id from copies c join clips k on k.id = c.clip_id
        where c.state = 'there' and k.state = 'deleted' order by c.id limit $1
        """,
        limit,
    )
    return [(row["clip_id"], row["id"]) for row in rows]


async def end(conn: asyncpg.Connection, copy_id: int, state: Ending) -> None:
    """The message was deleted, or is left for a person to delete; of its place no more is kept than is needed."""
    await conn.execute(
        """
        update copies set state = $2, ended_at = now(),
          place = case when $2 = 'deleted' then jsonb_build_object('platform', platform) else place end,
          url = case when $2 <> 'deleted' then url end
        where id = $1 and state = 'there'
        """,
        copy_id,
        state,
    )
