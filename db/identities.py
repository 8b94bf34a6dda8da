"""Who people are on the platforms."""

from dataclasses import dataclass

from asyncpg import Pool

from db import users
from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Known:
    """A person as one platform knows them."""

    user_id: int
    platform_user_id: str
    name: str


_SELECT = """
select i.user_id, i.platform_user_id, u.display_name as name from identities i join users u on u.id = i.user_id
"""


async def by_platform_id(conn: Reader, platform: str, platform_user_id: str) -> Known | None:
    """The person of that id, or None."""
    row = await conn.fetchrow(_SELECT + "where i.platform = $1 and i.platform_user_id = $2", platform, platform_user_id)
    return Known(**dict(row)) if row else None


async def by_handle(conn: Reader, platform: str, handle: str) -> list[Known]:
    """Everybody of that name, whatever its case; names are not unique everywhere."""
    rows = await conn.fetch(
        _SELECT + "where i.platform = $1 and lower(i.handle) = lower($2) order by i.user_id limit 10", platform, handle
    )
    return [Known(**dict(row)) for row in rows]


async def meet(conn: Executor, platform: str, platform_user_id: str) -> Known:
    """A person who was named before they ever spoke to us."""
    user = await users.of_identity(conn, platform, platform_user_id, platform_user_id)
    return Known(user.id, platform_user_id, user.display_name)


async def of_user(conn: Reader, user_id: int) -> list[tuple[str, str, str]]:
    """Platform, id there and name there, of each account of a person."""
    rows = await conn.fetch(
        "select platform, platform_user_id, handle from identities where user_id = $1 order by 1, 2", user_id
    )
    return [(row["platform"], row["platform_user_id"], row["handle"]) for row in rows]
