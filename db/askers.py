"""Who asked for a request: the first one and all who joined; and requests for a moment that lies near."""

from dataclasses import dataclass
from typing import Any

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Asker:
    """A person who asked and has not withdrawn."""

    user_id: int
    name: str
    place: dict[str, Any]
    message_id: str | None


@dataclass(frozen=True, slots=True)
class Near:
    """A request for a moment near the one that is asked for."""

    id: int
    public_id: str
    state: str


async def hold_moment(conn: Executor, community_id: int, moment_key: str) -> None:
    """Let nobody else of the community look for or ask for moments of this key until the transaction ends."""
    await conn.execute("select pg_advisory_xact_lock(hashtextextended($1, 9))", f"{community_id}:{moment_key}")


async def hold_requests(conn: Executor, user_ids: list[int]) -> None:
    """Let nobody join or leave the requests of these people until the transaction ends; who was joining has joined."""
    await conn.execute(
        """
        select from requests r
        where r.user_id = any($1::bigint[])
          or exists (select from request_askers a where a.request_id = r.id and a.user_id = any($1::bigint[]))
        order by r.id for update
        """,
        user_ids,
    )


async def near(
    conn: Executor, community_id: int, moment_key: str, moment_s: float, within_s: float, *, user_id: int
) -> Near | None:
    """The nearest request that can be joined, its row locked; call it while `hold_moment` holds.

    Left out: what failed or was cancelled, what has no clip left, and what the person asked for before, who means
    another clip of it now.
    """
    row = await conn.fetchrow(
        """
        select r.id, r.public_id, r.state from requests r
        where r.community_id = $1 and r.moment_key = $2 and r.moment_s between $3 - $4::float8 and $3 + $4::float8
          and r.state in ('queued', 'working', 'done')
          and (r.state <> 'done' or exists (
            select from clips c where c.request_id = r.id and c.state in ('ready', 'approved', 'posted')
              and c.held_at is null))
          and not exists (
            select from request_askers a where a.request_id = r.id and a.user_id = $5 and a.withdrawn_at is null)
        order by abs(r.moment_s - $3), r.id limit 1 for update of r
        """,
        community_id,
        moment_key,
        moment_s,
        within_s,
        user_id,
    )
    return Near(**dict(row)) if row else None


async def same_again(
    conn: Executor, user_id: int, moment_key: str, moment_s: float, within_s: float, options: dict[str, Any]
) -> str | None:
    """The public id of an open request that this person has asked for in the very same words."""
    found: str | None = await conn.fetchval(
        """
        select r.public_id from requests r join request_askers a on a.request_id = r.id
        where a.user_id = $1 and a.withdrawn_at is null and r.moment_key = $2 and abs(r.moment_s - $3) <= $4
          and r.options - 'live_at' = $5::jsonb - 'live_at' and r.state in ('queued', 'working')
        order by r.id limit 1
        """,
        user_id,
        moment_key,
        moment_s,
        within_s,
        options,
    )
    return found


async def join(conn: Executor, request_id: int, user_id: int, place: dict[str, Any], message_id: str | None) -> int:
    """Add an asker, or one who had withdrawn; returns how many ask for it now."""
    await conn.execute(
        """
        insert into request_askers (request_id, user_id, place, message_id) values ($1, $2, $3, $4)
        on conflict (request_id, user_id)
          do update set place = excluded.place, message_id = excluded.message_id, asked_at = now(), withdrawn_at = null
        """,
        request_id,
        user_id,
        place,
        message_id,
    )
    return await count(conn, request_id)


async def count(conn: Reader, request_id: int) -> int:
    """How many ask for a request."""
    found: int = await conn.fetchval(
        "select count(*) from request_askers where request_id = $1 and withdrawn_at is null", request_id
    )
    return found


async def present(conn: Reader, request_id: int) -> list[Asker]:
    """Who asks for a request, in the order in which they came."""
    rows = await conn.fetch(
        """
        select a.user_id, u.display_name as name, a.place, a.message_id
        from request_askers a join users u on u.id = a.user_id
        where a.request_id = $1 and a.withdrawn_at is null order by a.asked_at, a.user_id
        """,
        request_id,
    )
    return [Asker(**dict(row)) for row in rows]


async def withdraw(conn: Executor, request_id: int, user_id: int) -> int | None:
    """Take an asker out and return how many are left; None when they didn't ask. The caller holds the request.

    The next asker owns the request when its owner left.
    """
    gone = await conn.execute(
        """
        update request_askers set withdrawn_at = now()
        where request_id = $1 and user_id = $2 and withdrawn_at is null
        """,
        request_id,
        user_id,
    )
    if not gone.endswith(" 1"):
        return None
    await _hand_on(conn, request_id)
    return await count(conn, request_id)


async def take_up(conn: Executor, request_id: int, user_id: int, place: dict[str, Any], message_id: str | None) -> None:
    """Whoever starts again what nobody asks for any more asks for it from now on. The caller holds the request."""
    if await count(conn, request_id) == 0:
        await join(conn, request_id, user_id, place, message_id)
    await _hand_on(conn, request_id)


async def _hand_on(conn: Executor, request_id: int) -> None:
    """Give a request whose owner asks no more to the first of those who do, and its message where that one asked."""
    await conn.execute(
        """
        with next as (
          select user_id, place from request_askers where request_id = $1 and withdrawn_at is null
          order by asked_at, user_id limit 1),
        owned as (
          update requests r set user_id = next.user_id, place = next.place from next
          where r.id = $1 and not exists (
            select from request_askers a
            where a.request_id = r.id and a.user_id = r.user_id and a.withdrawn_at is null)
          returning r.id, next.place)
        update notices n set place = owned.place, handle = null from owned
        where n.request_id = owned.id
          and (n.place ->> 'platform', n.place ->> 'id')
            is distinct from (owned.place ->> 'platform', owned.place ->> 'id')
        """,
        request_id,
    )


async def of_message(conn: Reader, platform: str, message_id: str) -> list[tuple[int, int]]:
    """Requests and askers (their row ids) that a platform's message asked for and that have not withdrawn."""
    rows = await conn.fetch(
        """
        select request_id, user_id from request_askers
        where message_id = $2 and place ->> 'platform' = $1 and withdrawn_at is null order by request_id
        """,
        platform,
        message_id,
    )
    return [(row["request_id"], row["user_id"]) for row in rows]


async def open_messages(conn: Reader, platform: str, *, after: str, limit: int) -> list[str]:
    """Ids of a platform's messages that ask for what is still open, in the order of the ids, beginning after one."""
    rows = await conn.fetch(
        """
        select distinct a.message_id collate "C" as id from request_askers a join requests r on r.id = a.request_id
        where r.state in ('queued', 'working') and a.withdrawn_at is null and a.place ->> 'platform' = $1
          and a.message_id collate "C" > $2
        order by 1 limit $3
        """,
        platform,
        after,
        limit,
    )
    return [row["id"] for row in rows]


async def open_of(conn: Reader, user_id: int, community_id: int | None) -> list[int]:
    """Open requests that a person asks for, in one community or (None) everywhere."""
    rows = await conn.fetch(
        """
        select a.request_id from request_askers a join requests r on r.id = a.request_id
        where a.user_id = $1 and a.withdrawn_at is null and r.state in ('queued', 'working')
          and ($2::bigint is null or r.community_id = $2)
        order by a.request_id
        """,
        user_id,
        community_id,
    )
    return [row["request_id"] for row in rows]
