"""One person on several platforms: codes that prove it, and the merging of what two accounts had."""

from dataclasses import dataclass

from clipnet.errors import Conflict
from db.pool import Executor

VALID_S = 600
PRIVILEGED = ("viewer", "operator", "deployer", "admin")


@dataclass(frozen=True, slots=True)
class Code:
    """A code that waits to be repeated: whose it is, and where it was given."""

    user_id: int
    name: str
    platform: str


async def put(conn: Executor, user_id: int, platform: str, code_hash: str) -> None:
    """Keep a new code for ten minutes; a person's earlier ones are forgotten, and everybody's that are over."""
    await conn.execute("delete from link_codes where user_id = $1 or expires_at <= now()", user_id)
    await conn.execute(
        """
        insert into link_codes (code_hash, user_id, platform, expires_at)
        values ($1, $2, $3, now() + make_interval(secs => $4))
        """,
        code_hash,
        user_id,
        platform,
        VALID_S,
    )


async def look(conn: Executor, code_hash: str) -> Code | None:
    """The code, held until the transaction ends, if it is still good."""
    row = await conn.fetchrow(
        """
        select u.id as user_id, u.display_name as name, c.platform from link_codes c
        join users u on u.id = c.user_id
        where c.code_hash = $1 and c.used_at is null and c.expires_at > now() and u.merged_into is null
        for update of c
        """,
        code_hash,
    )
    return Code(**dict(row)) if row else None


async def use(conn: Executor, code_hash: str) -> None:
    """The code is good no more."""
    await conn.execute("update link_codes set used_at = now() where code_hash = $1", code_hash)


async def merge(conn: Executor, keep: int, gone: int) -> int:
    """Make two people one and return the row that stays: `keep`, unless only `gone` has connected accounts.

    On a clip that both voted on, the later vote counts. A ban of either holds for both.

    Raises:
        Conflict: one of them has an operator's role, which linking must not hand on; both have connected accounts,
            whose tokens are sealed to their person; or one was merged meanwhile.
    """
    rows = await conn.fetch(
        "select id, merged_into from users where id = any($1::bigint[]) order by id for update", [keep, gone]
    )
    if len(rows) != 2 or any(row["merged_into"] for row in rows):
        raise Conflict("One of the two accounts was linked meanwhile.", hint="Ask for a new code.")
    if await conn.fetchval(
        "select exists (select from user_roles where user_id = any($1::bigint[]) and role = any($2::text[]))",
        [keep, gone],
        list(PRIVILEGED),
    ):
        raise Conflict("Operators' accounts can't be linked.", hint="Roles of operators are granted one by one.")
    sealed = {
        r["user_id"]
        for r in await conn.fetch(
            "select distinct user_id from oauth_tokens where user_id = any($1::bigint[])", [keep, gone]
        )
    }
    if len(sealed) == 2:
        raise Conflict("Both accounts have connected accounts of their own.", hint="disconnect those of one first.")
    if sealed == {gone}:
        keep, gone = gone, keep
    await _merge_votes(conn, keep, gone)
    for statement in _MOVES:
        await conn.execute(statement, keep, gone)
    return keep


async def _merge_votes(conn: Executor, keep: int, gone: int) -> None:
    await conn.execute(
        """
        delete from votes v using votes other
        where v.clip_id = other.clip_id and v.user_id = any($1::bigint[]) and other.user_id = any($1::bigint[])
          and v.user_id <> other.user_id
          and (v.voted_at, v.user_id) < (other.voted_at, other.user_id)
        """,
        [keep, gone],
    )
    await conn.execute("update votes set user_id = $1 where user_id = $2", keep, gone)


_MOVES = (
    """
    delete from request_askers a using request_askers k
    where a.request_id = k.request_id and a.user_id = $2 and k.user_id = $1
    """,
    "update request_askers set user_id = $1 where user_id = $2",
    "update requests set user_id = $1 where user_id = $2",
    "update stream_marks set user_id = $1 where user_id = $2",
    "update feedback set user_id = $1 where user_id = $2",
    """
    update reports r set user_id = $1 where user_id = $2 and not exists (
      select from reports o where o.clip_id = r.clip_id and o.user_id = $1 and o.state = 'open')
    """,
    """
    insert into bans (community_id, user_id, reason, banned_by, banned_at)
    select community_id, $1, reason, banned_by, banned_at from bans where user_id = $2 on conflict do nothing
    """,
    "delete from bans where user_id = $2 and $1::bigint is not null",
    """
    insert into user_roles (user_id, role, community_id, granted_by, granted_at)
    select $1, role, community_id, granted_by, granted_at from user_roles where user_id = $2 on conflict do nothing
    """,
    "delete from user_roles where user_id = $2 and $1::bigint is not null",
    "update identities set user_id = $1 where user_id = $2",
    """
    update users k set banned_at = coalesce(k.banned_at, g.banned_at) from users g where k.id = $1 and g.id = $2
    """,
    "update users set merged_into = $1 where id = $2",
)
