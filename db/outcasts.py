"""Bans of people who asked to be forgotten: nobody is named, but whoever comes back is still banned."""

import hashlib
import hmac

from db.pool import Executor


def mark_of(key: str, platform: str, platform_user_id: str) -> bytes:
    """What an account is known by: a hash that says nothing without the installation's key."""
    return hmac.digest(key.encode(), f"outcast:{platform}:{platform_user_id}".encode(), hashlib.sha256)


async def remember(conn: Executor, user_id: int, marks: list[bytes]) -> None:
    """Keep a person's bans by the marks of all their accounts, before the person is erased."""
    await conn.execute("delete from outcasts where mark = any($1::bytea[])", marks)
    await conn.execute(
        """
        insert into outcasts (mark, community_id, until)
        select m, b.community_id, b.until from unnest($2::bytea[]) m, (
          select community_id, until from bans where user_id = $1 and (until is null or until > now())
          union all
          select null, null from users where id = $1 and banned_at is not null) b
        """,
        user_id,
        marks,
    )


async def hand_on(conn: Executor, user_id: int, mark: bytes) -> None:
    """Ban the person of a new row as they were before they were forgotten."""
    rows = await conn.fetch("delete from outcasts where mark = $1 returning community_id, until", mark)
    if not rows:
        return
    await conn.execute(
        """
        insert into bans (community_id, user_id, until)
        select b.community_id, $1, b.until from unnest($2::bigint[], $3::timestamptz[]) as b (community_id, until)
        where b.community_id is not null and (b.until is null or b.until > now())
        """,
        user_id,
        [row["community_id"] for row in rows],
        [row["until"] for row in rows],
    )
    if any(row["community_id"] is None for row in rows):
        await conn.execute("update users set banned_at = now() where id = $1", user_id)
