"""Linking undone: an account goes back to the row that it was before."""

from dataclasses import dataclass

from clipnet.errors import Conflict
from clipnet.texts import text
from db.pool import Executor


@dataclass(frozen=True, slots=True)
class Account:
    """One of a person's accounts. `joined_from`: the row it was before it was linked; None: the person began with it.

    Attributes:
        connected: a token of it is sealed to the person.
    """

    platform: str
    platform_user_id: str
    handle: str
    joined_from: int | None
    connected: bool


async def accounts(conn: Executor, user_id: int) -> list[Account]:
    """All accounts of a person."""
    rows = await conn.fetch(
        """
        select i.platform, i.platform_user_id, i.handle, i.joined_from, exists (
          select from oauth_tokens t where t.user_id = i.user_id and t.provider = i.platform
            and t.account_id = i.platform_user_id) as connected
        from identities i where i.user_id = $1 order by i.platform, i.platform_user_id
        """,
        user_id,
    )
    return [Account(**dict(row)) for row in rows]


async def part(conn: Executor, user_id: int, account: Account) -> None:
    """Give an account back to the row that it was; hold both, and the person's open polls, before.

    Roles that came with it go along, and bans hold for both. Whatever else the person has stays with them, their votes
    too: on these clips the account has no other one.

    Raises:
        Conflict: it was taken apart or linked on meanwhile.
    """
    gone = account.joined_from
    moved: str = await conn.execute(
        """
        update identities set user_id = joined_from, joined_from = null
        where platform = $1 and platform_user_id = $2 and user_id = $3 and joined_from = $4
        """,
        account.platform,
        account.platform_user_id,
        user_id,
        gone,
    )
    if not moved.endswith(" 1"):
        raise Conflict(text("Your accounts changed meanwhile."))
    for statement in _PARTS:
        await conn.execute(statement, user_id, gone)


_PARTS = (
    "update users set merged_into = $1 where merged_into = $2",
    "update users g set merged_into = null, banned_at = k.banned_at from users k where g.id = $2 and k.id = $1",
    """
    insert into bans (community_id, user_id, reason, banned_by, banned_at, until)
    select community_id, $2, reason, banned_by, banned_at, until from bans where user_id = $1 on conflict do nothing
    """,
    "update user_roles set user_id = came_from, came_from = null where user_id = $1 and came_from = $2",
    """
    insert into spent_votes (clip_id, user_id)
    select v.clip_id, $2 from votes v join polls p on p.clip_id = v.clip_id
    where v.user_id = $1 and p.state = 'open' on conflict do nothing
    """,
)
