"""Votes on clips: one a person, whatever platform it comes from."""

from typing import Literal

from db.pool import Executor


async def voter(conn: Executor, user_id: int) -> int:
    """Who a person's vote counts for: the person they were merged into meanwhile, else themselves.

    Nobody merges the two until the transaction ends.
    """
    found: int = await conn.fetchval("select coalesce(merged_into, id) from users where id = $1 for share", user_id)
    return found


async def cast(conn: Executor, clip_id: int, user_id: int, value: Literal[-1, 1], platform: str) -> bool:
    """Vote, or change one's vote; False when that was the vote already."""
    tag: str = await conn.execute(
        """
        insert into votes as v (clip_id, user_id, value, platform) values ($1, $2, $3, $4)
        on conflict (clip_id, user_id)
          do update set value = excluded.value, platform = excluded.platform, voted_at = now()
          where v.value <> excluded.value
        """,
        clip_id,
        user_id,
        value,
        platform,
    )
    return tag.endswith(" 1")


async def take_back(conn: Executor, clip_id: int, user_id: int) -> bool:
    """Take a vote back; False when there was none."""
    tag: str = await conn.execute("delete from votes where clip_id = $1 and user_id = $2", clip_id, user_id)
    return tag.endswith(" 1")


async def is_banned(conn: Executor, community_id: int, user_id: int) -> bool:
    """Whether a person may take no part in a community."""
    return bool(
        await conn.fetchval(
            """
            select exists (
              select from bans where community_id = $1 and user_id = $2 and (until is null or until > now()))
            """,
            community_id,
            user_id,
        )
    )
