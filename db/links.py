"""One person on several platforms: codes that prove it, and the merging of what two accounts had."""

from dataclasses import dataclass

from clipnet.errors import Conflict
from clipnet.texts import text
from db import askers
from db.pool import Executor

VALID_S = 600
PRIVILEGED = ("viewer", "operator", "deployer", "admin")


@dataclass(frozen=True, slots=True)
class Claim:
    """Who repeated a code, with which platform's account."""

    user_id: int
    name: str
    platform: str


async def put(conn: Executor, user_id: int, code_hash: str) -> None:
    """Keep a new code for ten minutes; a person's earlier ones are forgotten, and everybody's that are over."""
    await conn.execute("delete from link_codes where user_id = $1 or expires_at <= now()", user_id)
    await conn.execute(
        "insert into link_codes (code_hash, user_id, expires_at) values ($1, $2, now() + make_interval(secs => $3))",
        code_hash,
        user_id,
        VALID_S,
    )


async def look(conn: Executor, code_hash: str) -> int | None:
    """Whose code it is, if it is still good and nobody has repeated it; held until the transaction ends."""
    found: int | None = await conn.fetchval(
        """
        select user_id from link_codes where code_hash = $1 and claimed_by is null and expires_at > now() for update
        """,
        code_hash,
    )
    return found


async def claim(conn: Executor, code_hash: str, user_id: int, platform: str, name: str) -> None:
    """A person repeated the code; nobody else can."""
    await conn.execute(
        "update link_codes set claimed_by = $2, claimed_platform = $3, claimed_name = $4 where code_hash = $1",
        code_hash,
        user_id,
        platform,
        name,
    )


async def claim_of(conn: Executor, user_id: int) -> Claim | None:
    """Who repeated this person's code, held until the transaction ends."""
    row = await conn.fetchrow(
        """
        select claimed_by as user_id, claimed_name as name, claimed_platform as platform from link_codes
        where user_id = $1 and claimed_by is not null and expires_at > now() for update
        """,
        user_id,
    )
    return Claim(**dict(row)) if row else None


async def forget(conn: Executor, user_id: int) -> None:
    """The person's code is good no more."""
    await conn.execute("delete from link_codes where user_id = $1", user_id)


async def has_roles(conn: Executor, user_id: int) -> bool:
    """Whether a person was granted any role."""
    return bool(await conn.fetchval("select exists (select from user_roles where user_id = $1)", user_id))


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
        raise Conflict(text("One of the two accounts was linked meanwhile."), hint=text("Ask for a new code."))
    if await conn.fetchval(
        "select exists (select from user_roles where user_id = any($1::bigint[]) and role = any($2::text[]))",
        [keep, gone],
        list(PRIVILEGED),
    ):
        raise Conflict(
            text("Operators' accounts can't be linked."), hint=text("Roles of operators are granted one by one.")
        )
    sealed = {
        r["user_id"]
        for r in await conn.fetch(
            "select distinct user_id from oauth_tokens where user_id = any($1::bigint[])", [keep, gone]
        )
    }
    if len(sealed) == 2:
        raise Conflict(
            text("Both accounts have connected accounts of their own."), hint=text("`disconnect` those of one first.")
        )
    if sealed == {gone}:
        keep, gone = gone, keep
    await askers.hold_requests(conn, [keep, gone])
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
    await conn.execute(
        """
        delete from spent_votes s using votes v where s.user_id = $1 and v.user_id = $1 and v.clip_id = s.clip_id
        """,
        keep,
    )


_MOVES = (
    """
    update request_askers k set withdrawn_at = null, place = a.place, message_id = a.message_id from request_askers a
    where a.request_id = k.request_id and a.user_id = $2 and k.user_id = $1
      and k.withdrawn_at is not null and a.withdrawn_at is null
    """,
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
    insert into bans (community_id, user_id, reason, banned_by, banned_at, until)
    select community_id, $1, reason, banned_by, banned_at, until from bans where user_id = $2
    on conflict (community_id, user_id) do update set until = case
      when bans.until is not null and excluded.until is not null then greatest(bans.until, excluded.until) end
    """,
    "delete from bans where user_id = $2 and $1::bigint is not null",
    """
    insert into user_roles (user_id, role, community_id, granted_by, granted_at, came_from)
    select $1, role, community_id, granted_by, granted_at, coalesce(came_from, $2) from user_roles where user_id = $2
    on conflict do nothing
    """,
    "delete from user_roles where user_id = $2 and $1::bigint is not null",
    "update identities set user_id = $1, joined_from = coalesce(joined_from, $2) where user_id = $2",
    """
    update users k set banned_at = coalesce(k.banned_at, g.banned_at) from users g where k.id = $1 and g.id = $2
    """,
    "update users set merged_into = $1 where id = $2",
)
