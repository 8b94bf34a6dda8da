"""Reports of clips: one open report a person and clip; a moderator decides all of a clip's at once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody said about a clip. `open_reports` is how many of the clip's wait for a decision."""

    id: int
    clip_id: int
    clip: str
    community_id: int | None
    reason: str
    state: str
    created_at: datetime
    decided_at: datetime | None
    open_reports: int


_SELECT = """
select r.id, r.clip_id, c.public_id as clip, r.community_id, r.reason, r.state, r.created_at, r.decided_at,
       (select count(*) from reports o where o.clip_id = r.clip_id and o.state = 'open') as open_reports
from reports r join clips c on c.id = r.clip_id
"""


async def put(conn: Executor, clip_id: int, user_id: int, community_id: int | None, reason: str) -> int | None:
    """A new report; None when this person's report of the clip is still open."""
    found: int | None = await conn.fetchval(
        """
        insert into reports (clip_id, user_id, community_id, reason) values ($1, $2, $3, $4)
        on conflict (clip_id, user_id) where state = 'open' do nothing returning id
        """,
        clip_id,
        user_id,
        community_id,
        reason,
    )
    return found


async def get(conn: Reader, report_id: int) -> Report | None:
    """One report, or None."""
    row = await conn.fetchrow(_SELECT + "where r.id = $1", report_id)
    return Report(**dict(row)) if row else None


async def waiting(conn: Reader, community_id: int, limit: int = 20) -> list[Report]:
    """What waits for a community's moderators, oldest first."""
    rows = await conn.fetch(
        _SELECT + "where r.community_id = $1 and r.state = 'open' order by r.id limit $2", community_id, limit
    )
    return [Report(**dict(row)) for row in rows]


async def of_user(conn: Reader, user_id: int, limit: int = 20) -> list[Report]:
    """What a person has reported, newest first."""
    rows = await conn.fetch(_SELECT + "where r.user_id = $1 order by r.id desc limit $2", user_id, limit)
    return [Report(**dict(row)) for row in rows]


async def was_released(conn: Reader, clip_id: int, user_id: int) -> bool:
    """Whether moderators have found nothing wrong in what this person reported of this clip."""
    return bool(
        await conn.fetchval(
            "select exists (select from reports where clip_id = $1 and user_id = $2 and state = 'released')",
            clip_id,
            user_id,
        )
    )


async def decide(conn: Executor, clip_id: int, state: Literal["released", "upheld"], by: int) -> list[int]:
    """Decide every open report of a clip; returns their ids."""
    rows = await conn.fetch(
        """
        update reports set state = $2, decided_by = $3, decided_at = now() where clip_id = $1 and state = 'open'
        returning id
        """,
        clip_id,
        state,
        by,
    )
    return [row["id"] for row in rows]
