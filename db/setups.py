"""Guided setups on their way: how far one is, with names and ids that were found, never a secret."""

from dataclasses import dataclass
from typing import Any

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Setup:
    """A setup of one place; `step` is the last that was taken, `found` what it came to."""

    id: int
    step: str
    found: dict[str, Any]


async def begin(conn: Executor, user_id: int, platform: str, place_id: str) -> Setup:
    """The setup of a place that is open, or a new one."""
    row = await conn.fetchrow(
        """
        insert into setups (user_id, platform, place_id, step) values ($1, $2, $3, 'begun')
        on conflict (platform, place_id) where ended_at is null do update set updated_at = now()
        returning id, step, found
        """,
        user_id,
        platform,
        place_id,
    )
    assert row is not None
    return Setup(**dict(row))


async def latest(conn: Reader, platform: str, place_id: str) -> Setup | None:
    """The newest setup of a place, whether it ended or not."""
    row = await conn.fetchrow(
        "select id, step, found from setups where platform = $1 and place_id = $2 order by id desc limit 1",
        platform,
        place_id,
    )
    return Setup(**dict(row)) if row else None


async def note(conn: Reader, setup_id: int, step: str, found: dict[str, Any]) -> None:
    """Remember that a step was taken, and what it came to; what was found before stays unless it is found anew."""
    await conn.execute(
        "update setups set step = $2, found = found || $3, updated_at = now() where id = $1", setup_id, step, found
    )


async def end(conn: Reader, setup_id: int) -> None:
    """The setup is done."""
    await conn.execute(
        "update setups set ended_at = now(), updated_at = now() where id = $1 and ended_at is null", setup_id
    )
