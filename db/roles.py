"""Roles that were granted to people: everywhere, or in one community. Those that a platform gives stand elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Granted:
    """A role of a person.

    Attributes:
        accounts: theirs, as `platform:id`.
        community: where it holds; None: everywhere.
        by: who granted it, if that is known.
    """

    user_id: int
    name: str
    accounts: list[str]
    role: str
    community: str | None
    since: datetime
    by: str | None


async def granted(conn: Reader, limit: int) -> list[Granted]:
    """Roles that hold everywhere first, each role's newest first."""
    rows = await conn.fetch(
        """
        select u.id as user_id, u.display_name as name, r.role, c.name as community, r.granted_at as since,
               b.display_name as by, array(
                 select i.platform || ':' || i.platform_user_id from identities i where i.user_id = u.id order by 1
               ) as accounts
        from user_roles r join users u on u.id = r.user_id left join communities c on c.id = r.community_id
        left join users b on b.id = r.granted_by
        order by r.community_id nulls first, r.role, r.granted_at desc, u.id limit $1
        """,
        limit,
    )
    return [Granted(**dict(row)) for row in rows]


async def holds(conn: Reader, user_id: int, role: str, community_id: int | None) -> bool:
    """Whether this very role was granted."""
    return bool(
        await conn.fetchval(
            """
            select exists (
              select from user_roles where user_id = $1 and role = $2 and community_id is not distinct from $3)
            """,
            user_id,
            role,
            community_id,
        )
    )


async def grant(conn: Executor, user_id: int, role: str, community_id: int | None, *, by: int) -> bool:
    """Grant a role; False when it was granted before."""
    tag: str = await conn.execute(
        """
        insert into user_roles (user_id, role, community_id, granted_by) values ($1, $2, $3, $4) on conflict do nothing
        """,
        user_id,
        role,
        community_id,
        by,
    )
    return tag.endswith(" 1")


async def revoke(conn: Executor, user_id: int, role: str, community_id: int | None) -> bool:
    """Take a role; False when it wasn't granted."""
    tag: str = await conn.execute(
        "delete from user_roles where user_id = $1 and role = $2 and community_id is not distinct from $3",
        user_id,
        role,
        community_id,
    )
    return tag.endswith(" 1")
