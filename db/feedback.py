"""What people told the operators."""

from dataclasses import dataclass
from datetime import datetime

from asyncpg import Pool

from db.pool import Executor


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of feedback: who said it, where, and about which clip."""

    id: int
    user: str | None
    community: str | None
    clip: str | None
    text: str
    created_at: datetime


async def put(conn: Executor, user_id: int, text: str, *, community_id: int | None, clip_id: int | None) -> int:
    """Keep what somebody said; returns its id."""
    found: int = await conn.fetchval(
        "insert into feedback (user_id, text, community_id, clip_id) values ($1, $2, $3, $4) returning id",
        user_id,
        text,
        community_id,
        clip_id,
    )
    return found


async def page(conn: Executor | Pool, *, before: int | None, limit: int) -> list[Word]:
    """The newest first, with an id below `before`."""
    rows = await conn.fetch(
        """
        select f.id, u.display_name as user, c.name as community, k.public_id as clip, f.text, f.created_at
        from feedback f left join users u on u.id = f.user_id left join communities c on c.id = f.community_id
        left join clips k on k.id = f.clip_id
        where $1::bigint is null or f.id < $1 order by f.id desc limit $2
        """,
        before,
        limit,
    )
    return [Word(**dict(row)) for row in rows]
