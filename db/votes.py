"""Votes on clips: one a person."""

from dataclasses import dataclass
from typing import Literal

from db.pool import Executor


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes for and against a clip."""

    up: int
    down: int


async def tally(conn: Executor, clip_id: int) -> Tally:
    """How a clip stands."""
    row = await conn.fetchrow(
        """
        select count(*) filter (where value = 1) as up, count(*) filter (where value = -1) as down
        from votes where clip_id = $1
        """,
        clip_id,
    )
    assert row is not None
    return Tally(row["up"], row["down"])


async def cast(conn: Executor, clip_id: int, user_id: int, value: Literal[-1, 1], platform: str) -> None:
    """Vote, or change one's vote."""
    await conn.execute(
        """
        insert into votes (clip_id, user_id, value, platform) values ($1, $2, $3, $4)
        on conflict (clip_id, user_id)
          do update set value = excluded.value, platform = excluded.platform, voted_at = now()
        """,
        clip_id,
        user_id,
        value,
        platform,
    )
