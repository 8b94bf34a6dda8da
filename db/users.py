"""People: who a platform's user is to us, and what they may do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from clipnet.errors import NotFound
from clipnet.texts import text
from db import links, outcasts
from db.pool import Executor

MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class User:
    """A person and the roles that hold where they ask from.

    Attributes:
        banned: from this installation.
        silenced: from the community that they ask in.
    """

    id: int
    display_name: str
    banned: bool
    roles: frozenset[str]
    silenced: bool = False


_FIND = """
select u.id, u.display_name, u.banned_at is not null as banned,
       coalesce(array_agg(r.role) filter (where r.role is not null), '{}') as roles,
       exists (select from bans b where b.community_id = $3 and b.user_id = u.id
               and (b.until is null or b.until > now())) as silenced
from identities i
join users u on u.id = i.user_id
left join user_roles r on r.user_id = u.id and (r.community_id is null or r.community_id = $3)
where i.platform = $1 and i.platform_user_id = $2
group by u.id
"""


Hold = Literal["stay", "alone"]
"""`stay`: who acts is neither banned, nor linked or taken apart, nor erased meanwhile; `alone`: nor acts otherwise."""
_HELD = {
    hold: f"""
    select u.id from identities i join users u on u.id = i.user_id
    where i.platform = $1 and i.platform_user_id = $2 {lock} of u
    """  # noqa: S608
    for hold, lock in (("stay", "for key share"), ("alone", "for update"))
}


async def of_identity(
    conn: Executor,
    platform: str,
    platform_user_id: str,
    name: str,
    community_id: int | None = None,
    *,
    mark: bytes | None = None,
    hold: Hold | None = None,
) -> User:
    """The user behind a platform's id, made at the first meeting. Call inside a transaction.

    Args:
        mark: what `db.outcasts.mark_of` says of the account; who was banned and then forgotten is banned again by it.
        hold: until the transaction ends. What is returned is how they are after whoever was just changing them.
    """
    while True:
        held = await conn.fetchval(_HELD[hold], platform, platform_user_id) if hold else None
        row = await conn.fetchrow(_FIND, platform, platform_user_id, community_id)
        if row is None:
            await _meet(conn, platform, platform_user_id, name, mark)
        elif not hold or row["id"] == held:
            return User(row["id"], row["display_name"], row["banned"], frozenset(row["roles"]), row["silenced"])


async def _meet(conn: Executor, platform: str, platform_user_id: str, name: str, mark: bytes | None) -> None:
    """Make the person of an account, unless somebody else just did."""
    await conn.execute("select pg_advisory_xact_lock(hashtextextended($1, 7))", f"{platform}:{platform_user_id}")
    user_id: int | None = await conn.fetchval(
        """
        with person as (
          insert into users (display_name)
          select $3 where not exists (select from identities where platform = $1 and platform_user_id = $2)
          returning id)
        insert into identities (platform, platform_user_id, user_id, handle) select $1, $2, id, $3 from person
        returning user_id
        """,
        platform,
        platform_user_id,
        (name.strip() or platform_user_id)[:MAX_NAME],
    )
    if user_id is not None and mark is not None:
        await outcasts.hand_on(conn, user_id, mark)


async def hold(conn: Executor, user_id: int) -> bool:
    """Let what a person is doing end, and them begin nothing, until the transaction ends; False when they are gone.

    Gone is also who was linked with another, who has their accounts now.
    """
    row = await conn.fetchrow("select merged_into from users where id = $1 for update", user_id)
    return row is not None and row["merged_into"] is None


async def hold_all(conn: Executor, *user_ids: int | None) -> None:
    """`hold` several; before the polls that they have a say in, as who votes holds themself before the poll."""
    await conn.execute("select from users where id = any($1::bigint[]) order by id for update", user_ids)


async def grant(conn: Executor, user_id: int, role: str, *, by: int | None = None) -> None:
    """Give a role that holds everywhere; nothing happens when it is held already."""
    await conn.execute(
        "insert into user_roles (user_id, role, granted_by) values ($1, $2, $3) on conflict do nothing",
        user_id,
        role,
        by,
    )


async def known_since(conn: Executor, user_id: int) -> datetime:
    """When we first met a person, on whichever platform."""
    found: datetime = await conn.fetchval(
        "select coalesce(min(created_at), now()) from identities where user_id = $1", user_id
    )
    return found


async def link(conn: Executor, user_id: int, platform: str, platform_user_id: str) -> int:
    """Make the person behind a platform's id and `user_id` one; returns the row that stays. See `db.links.merge`.

    Raises:
        Conflict: as `merge` does.
        NotFound: nobody of that id ever spoke to us.
    """
    other = await conn.fetchval(
        "select user_id from identities where platform = $1 and platform_user_id = $2", platform, platform_user_id
    )
    if other is None:
        raise NotFound(text("That account never spoke to ClipNet."))
    return user_id if other == user_id else await links.merge(conn, user_id, other)
