"""Moments that were taken down: they may not become clips again, whichever link they come from."""

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool

MARGIN_S = 5.0
"""A moment that is asked for so close to a blocked span is of that span."""
BEFORE_S, AFTER_S = 90.0, 10.0
"""What of a stream “clip that” may mean, before and after the asking."""


async def put(conn: Executor, clip_id: int, *, community_id: int | None, reason: str, by: int) -> int:
    """Block a clip's moment, in one community or (None) everywhere; returns how many rows say so.

    By what was asked for, and by the content of the source once it was taken in: a stream's moment is a time of the
    day, its recording's one a second of the file.
    """
    tag: str = await conn.execute(
        """
        with of_clip as (
          select c.id, c.start_s, c.end_s, s.content_hash, s.kind, r.moment_s,
                 coalesce(r.moment_key, case when s.kind = 'url' then 'url:' || s.origin end) as key
          from clips c join requests r on r.id = c.request_id join sources s on s.id = c.source_id where c.id = $1
        ), spans as (
          select id, key, null::text as content_hash,
                 case when key like 'live:%' then moment_s - $5::float8 else start_s end as start_s,
                 case when key like 'live:%' then moment_s + $6::float8 else end_s end as end_s
          from of_clip where key is not null
          union all select id, null, content_hash, start_s, end_s from of_clip where content_hash is not null
        )
        insert into blocked_moments
          (moment_key, content_hash, community_id, clip_id, start_s, end_s, reason, blocked_by)
        select key, content_hash, $2, id, start_s, end_s, $3, $4 from spans
        """,
        clip_id,
        community_id,
        reason,
        by,
        BEFORE_S,
        AFTER_S,
    )
    return int(tag.rsplit(" ", 1)[-1])


async def blocked(conn: Reader, moment_key: str, at_s: float, *, community_id: int | None = None) -> bool:
    """Whether what is asked for was taken down: everywhere, or in the community that is asked in.

    Args:
        moment_key, at_s: as kept in `requests`: of a video its seconds, of a stream those of the Unix epoch.
    """
    return bool(
        await conn.fetchval(
            """
            select exists (
              select from blocked_moments
              where moment_key = $1 and $2 between start_s - $4::float8 and end_s + $4::float8
                and (community_id is null or community_id = $3))
            """,
            moment_key,
            at_s,
            community_id,
            MARGIN_S,
        )
    )


async def spans(conn: Reader, content_hash: str, community_id: int | None) -> list[tuple[float, float]]:
    """What of a source may not be shown in a community: seconds from and to."""
    rows = await conn.fetch(
        """
        select start_s, end_s from blocked_moments
        where content_hash = $1 and (community_id is null or community_id = $2) order by start_s
        """,
        content_hash,
        community_id,
    )
    return [(row["start_s"], row["end_s"]) for row in rows]


async def lift(conn: Executor, clip_id: int, community_id: int | None) -> int:
    """Let a clip's moment be asked for again; returns how many blocks went.

    Args:
        community_id: only this community's; None: all, the ones that hold everywhere included.
    """
    tag: str = await conn.execute(
        "delete from blocked_moments where clip_id = $1 and ($2::bigint is null or community_id = $2)",
        clip_id,
        community_id,
    )
    return int(tag.rsplit(" ", 1)[-1])
