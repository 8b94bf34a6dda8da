"""Who and what leads in a community."""

from dataclasses import dataclass

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class BestClip:
    """A clip and how its votes stand."""

    public_id: str
    title: str
    reason: str
    by: str | None
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class Clipper:
    """A person, how many finished clips they asked for, and how many of these were approved."""

    name: str
    clips: int
    approved: int


_OF_PERIOD = """
c.state in ('ready', 'approved', 'posted') and c.held_at is null and r.community_id is not distinct from $1
  and ($2::float8 is null or c.created_at >= now() - make_interval(secs => $2))
"""


async def best_clips(conn: Reader, community_id: int | None, period_s: float | None, limit: int) -> list[BestClip]:
    """Clips made in the last `period_s` seconds (None: ever) that people voted for, best first."""
    rows = await conn.fetch(
        f"""
        select c.public_id, c.title, c.reason, u.display_name as by,
               count(*) filter (where v.value = 1) as up, count(*) filter (where v.value = -1) as down
        from clips c join requests r on r.id = c.request_id join votes v on v.clip_id = c.id
        left join users u on u.id = r.user_id
        where {_OF_PERIOD}
        group by c.id, u.id having sum(v.value) > 0 order by sum(v.value) desc, c.id limit $3
        """,  # noqa: S608 - only our own text
        community_id,
        period_s,
        limit,
    )
    return [BestClip(**dict(row)) for row in rows]


async def clippers(conn: Reader, community_id: int | None, period_s: float | None, limit: int) -> list[Clipper]:
    """Who asked for the most finished clips in that time; everybody who joined one counts."""
    rows = await conn.fetch(
        f"""
        select u.display_name as name, count(*) as clips,
               count(*) filter (where c.state in ('approved', 'posted')) as approved
        from clips c join requests r on r.id = c.request_id
        join request_askers a on a.request_id = r.id and a.withdrawn_at is null join users u on u.id = a.user_id
        where {_OF_PERIOD}
        group by u.id order by count(*) desc, u.id limit $3
        """,  # noqa: S608 - only our own text
        community_id,
        period_s,
        limit,
    )
    return [Clipper(**dict(row)) for row in rows]
