"""Communities: which one a place of a platform belongs to."""

from dataclasses import dataclass
from typing import Any

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Community:
    """A community; `settings` as stored, what is left out has its default."""

    id: int
    name: str
    settings: dict[str, Any]


async def get(conn: Reader, community_id: int) -> Community | None:
    """The community of that id."""
    row = await conn.fetchrow("select id, name, settings from communities where id = $1", community_id)
    return Community(**dict(row)) if row else None


async def at_place(conn: Reader, platform: str, place_id: str) -> Community | None:
    """The community that a place belongs to."""
    row = await conn.fetchrow(
        """
        select c.id, c.name, c.settings from communities c join community_places p on p.community_id = c.id
        where p.platform = $1 and p.platform_place_id = $2
        """,
        platform,
        place_id,
    )
    return Community(**dict(row)) if row else None


async def places(conn: Reader, community_id: int) -> list[tuple[str, str]]:
    """The places of a community: platform, and the platform's id."""
    rows = await conn.fetch(
        "select platform, platform_place_id from community_places where community_id = $1 order by 1, 2", community_id
    )
    return [(row["platform"], row["platform_place_id"]) for row in rows]


async def places_of(conn: Reader, platform: str) -> list[str]:
    """Every place of a platform that belongs to a community, by the platform's id, in order."""
    rows = await conn.fetch("select platform_place_id from community_places where platform = $1 order by 1", platform)
    return [row["platform_place_id"] for row in rows]


async def join(conn: Executor, community_id: int, platform: str, place_id: str) -> bool:
    """Add a place to a community; False when it belongs to one already."""
    tag: str = await conn.execute(
        """
        insert into community_places (platform, platform_place_id, community_id) values ($1, $2, $3)
        on conflict do nothing
        """,
        platform,
        place_id,
        community_id,
    )
    return tag.endswith(" 1")


async def leave(conn: Executor, platform: str, place_id: str) -> None:
    """Take a place out of its community, which calls it its own no more."""
    await conn.execute(
        """
        with left_by as (
          delete from community_places where platform = $1 and platform_place_id = $2 returning community_id)
        delete from community_sources s using left_by l
        where s.community_id = l.community_id and s.platform = $1 and s.channel_id = $2
        """,
        platform,
        place_id,
    )


async def change(conn: Executor, community_id: int, changes: dict[str, Any]) -> None:
    """Write these settings; a value of None forgets one."""
    await conn.execute(
        "update communities set settings = jsonb_strip_nulls(settings || $2) where id = $1", community_id, changes
    )


async def create(conn: Executor, name: str, places: list[tuple[str, str]]) -> int:
    """A new community with its places (platform, platform's id)."""
    found: int = await conn.fetchval("insert into communities (name) values ($1) returning id", name)
    await conn.executemany(
        "insert into community_places (platform, platform_place_id, community_id) values ($1, $2, $3)",
        [(platform, place, found) for platform, place in places],
    )
    return found
