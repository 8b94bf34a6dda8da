"""Votes on clips: one a person, whatever platform it comes from."""

from typing import Literal

from db.pool import Executor


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


async def is_spent(conn: Executor, clip_id: int, user_id: int) -> bool:
    """Whether somebody voted on a clip while their account was another one's, who has that vote now."""
    return bool(
        await conn.fetchval(
            "select exists (select from spent_votes where clip_id = $1 and user_id = $2)", clip_id, user_id
        )
    )


async def take_back(conn: Executor, clip_id: int, user_id: int) -> bool:
    """Take a vote back; False when there was none."""
    tag: str = await conn.execute("delete from votes where clip_id = $1 and user_id = $2", clip_id, user_id)
    return tag.endswith(" 1")


async def hold_open(conn: Executor, user_ids: list[int], community_id: int | None = None) -> list[int]:
    """Clips on which one of these people has a vote that still counts, in a community or (None) anywhere.

    Nobody else votes on them until the transaction ends.
    """
    rows = await conn.fetch(
        """
        select clip_id from polls p
        where p.state = 'open' and ($2::bigint is null or p.community_id = $2)
          and exists (select from votes v where v.clip_id = p.clip_id and v.user_id = any($1::bigint[]))
        order by clip_id for update
        """,
        user_ids,
        community_id,
    )
    return [row["clip_id"] for row in rows]


async def withdraw(conn: Executor, clip_ids: list[int], user_id: int) -> int:
    """Take a person's votes on these clips out; returns how many there were."""
    tag: str = await conn.execute(
        "delete from votes where clip_id = any($1::bigint[]) and user_id = $2", clip_ids, user_id
    )
    return int(tag.rsplit(" ", 1)[-1])


async def withdraw_of_banned(conn: Executor, clip_ids: list[int], user_id: int) -> int:
    """Take a person's votes on those of these clips out in whose community they may take no part; returns how many."""
    tag: str = await conn.execute(
        """
        delete from votes v using polls p
        where p.clip_id = v.clip_id and v.clip_id = any($1::bigint[]) and v.user_id = $2
          and (exists (select from users u where u.id = $2 and u.banned_at is not null)
               or exists (select from bans b where b.community_id = p.community_id and b.user_id = $2
                          and (b.until is null or b.until > now())))
        """,
        clip_ids,
        user_id,
    )
    return int(tag.rsplit(" ", 1)[-1])


async def is_banned(conn: Executor, community_id: int, user_id: int) -> bool:
    """Whether a person may take no part in a community, or in the whole installation."""
    return bool(
        await conn.fetchval(
            """
            select exists (
              select from bans where community_id = $1 and user_id = $2 and (until is null or until > now()))
              or exists (select from users where id = $2 and banned_at is not null)
            """,
            community_id,
            user_id,
        )
    )
