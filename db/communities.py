"""Communities: which one a place of a platform belongs to."""

from db.pool import Executor


async def of_place(conn: Executor, platform: str, place_id: str) -> int | None:
    """The id of the community that a place belongs to, if any."""
    found: int | None = await conn.fetchval(
        "select community_id from community_places where platform = $1 and platform_place_id = $2", platform, place_id
    )
    return found


async def create(conn: Executor, name: str, places: list[tuple[str, str]]) -> int:
    """A new community with its places (platform, platform's id)."""
    found: int = await conn.fetchval("insert into communities (name) values ($1) returning id", name)
    await conn.executemany(
        "insert into community_places (platform, platform_place_id, community_id) values ($1, $2, $3)",
        [(platform, place, found) for platform, place in places],
    )
    return found
