"""Who may take no part in a community any more."""

from dataclasses import dataclass
from datetime import datetime

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Ban:
    """A ban in one community; `until` None: for good."""

    user_id: int
    name: str
    reason: str
    until: datetime | None


async def put(conn: Executor, community_id: int, user_id: int, *, reason: str, by: int, days: int | None) -> None:
    """Ban a person, or change their ban."""
    await conn.execute(
        """
        insert into bans (community_id, user_id, reason, banned_by, until)
        values ($1, $2, $3, $4, now() + make_interval(days => $5))
        on conflict (community_id, user_id) do update set
          reason = excluded.reason, banned_by = excluded.banned_by, banned_at = now(), until = excluded.until
        """,
        community_id,
        user_id,
        reason,
        by,
        days,
    )


async def lift(conn: Executor, community_id: int, user_id: int) -> bool:
    """End a ban; False when there was none."""
    tag: str = await conn.execute("delete from bans where community_id = $1 and user_id = $2", community_id, user_id)
    return tag.endswith(" 1")


async def set_everywhere(conn: Executor, user_id: int, banned: bool) -> bool:
    """Ban a person from this installation, or end that; False when nothing changed."""
    tag: str = await conn.execute(
        "update users set banned_at = case when $2 then now() end where id = $1 and (banned_at is not null) <> $2",
        user_id,
        banned,
    )
    return tag.endswith(" 1")


async def of_community(conn: Reader, community_id: int, limit: int = 50) -> list[Ban]:
    """Who is banned now, newest first."""
    rows = await conn.fetch(
        """
        select b.user_id, u.display_name as name, b.reason, b.until from bans b join users u on u.id = b.user_id
        where b.community_id = $1 and (b.until is null or b.until > now()) order by b.banned_at desc limit $2
        """,
        community_id,
        limit,
    )
    return [Ban(**dict(row)) for row in rows]


async def roles_of(conn: Reader, user_id: int, community_id: int | None) -> frozenset[str]:
    """The roles that a person was granted here or everywhere."""
    rows = await conn.fetch(
        "select role from user_roles where user_id = $1 and (community_id is null or community_id = $2)",
        user_id,
        community_id,
    )
    return frozenset(row["role"] for row in rows)
