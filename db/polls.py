"""Votes that are taken on clips: when they are open, and what came of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool
PollState = Literal["open", "passed", "failed", "decided"]


@dataclass(frozen=True, slots=True)
class Poll:
    """The vote on a clip.

    Attributes:
        quorum: votes for it, less those against it, that make it pass.
        needs_moderator: a vote that passed is not enough.
        decided_by: the moderator who has spoken; `decided`: and ended the vote by that.
        due: whether its time is over.
    """

    clip_id: int
    community_id: int
    state: PollState
    quorum: int
    needs_moderator: bool
    closes_at: datetime
    decided_by: int | None
    due: bool
    up: int
    down: int

    @property
    def open(self) -> bool:
        """Whether votes count."""
        return self.state == "open" and not self.due


_SELECT = """
select p.clip_id, p.community_id, p.state, p.quorum, p.needs_moderator, p.closes_at, p.decided_by,
       p.closes_at <= clock_timestamp() as due, v.up, v.down
from polls p cross join lateral (
  select count(*) filter (where value = 1) as up, count(*) filter (where value = -1) as down
  from votes where clip_id = p.clip_id) v
"""


async def get(conn: Reader, clip_id: int) -> Poll | None:
    """The poll of a clip with its counts."""
    row = await conn.fetchrow(_SELECT + "where p.clip_id = $1", clip_id)
    return Poll(**dict(row)) if row else None


async def of_clips(conn: Reader, clip_ids: list[int]) -> dict[int, Poll]:
    """The polls of these clips, by clip."""
    rows = await conn.fetch(_SELECT + "where p.clip_id = any($1::bigint[])", clip_ids)
    return {row["clip_id"]: Poll(**dict(row)) for row in rows}


async def hold(conn: Executor, clip_id: int) -> Poll | None:
    """The poll as it is once everyone who was voting has committed; nobody else votes until the transaction ends."""
    await conn.execute("select from polls where clip_id = $1 for update", clip_id)
    return await get(conn, clip_id)


async def hold_of(conn: Executor, user_id: int) -> None:
    """Hold every open poll that a person has a say in, and those on clips of requests that they asked for."""
    await conn.execute(
        """
        select from polls p
        where p.state = 'open' and (
          exists (select from votes v where v.clip_id = p.clip_id and v.user_id = $1)
          or exists (select from clips c join requests r on r.id = c.request_id
                     where c.id = p.clip_id and (r.user_id = $1 or exists (
                       select from request_askers a where a.request_id = r.id and a.user_id = $1))))
        order by p.clip_id for update
        """,
        user_id,
    )


async def settled(conn: Executor, clip_id: int) -> Poll | None:
    """The poll as it is once everyone who was voting has committed."""
    await conn.execute("select from polls where clip_id = $1 for share", clip_id)
    return await get(conn, clip_id)


async def open_poll(
    conn: Executor, clip_id: int, community_id: int, *, quorum: int, window_s: float, needs_moderator: bool
) -> bool:
    """Open the vote on a clip; False when there was one before, or the clip was deleted meanwhile."""
    tag: str = await conn.execute(
        """
        insert into polls (clip_id, community_id, quorum, needs_moderator, closes_at)
        select id, $2, $3, $4, now() + make_interval(secs => $5) from clips
        where id = $1 and state <> 'deleted' for share
        on conflict do nothing
        """,
        clip_id,
        community_id,
        quorum,
        needs_moderator,
        window_s,
    )
    return tag.endswith(" 1")


async def end(
    conn: Executor, clip_id: int, state: Literal["passed", "failed", "decided"], *, by: int | None = None
) -> None:
    """Write what came of a poll that is held."""
    await conn.execute(
        """
        update polls set state = $2, ended_at = coalesce(ended_at, now()), decided_by = coalesce($3, decided_by)
        where clip_id = $1
        """,
        clip_id,
        state,
        by,
    )


async def close_deleted(conn: Executor, clip_id: int) -> None:
    """The vote on a clip that is deleted is over, and has not passed."""
    await conn.execute(
        "update polls set state = 'failed', ended_at = now() where clip_id = $1 and state = 'open'", clip_id
    )


async def make_up(conn: Executor, clip_id: int) -> float | None:
    """Add to an open poll the time for which its clip, which is to be released, was on hold.

    Returns the seconds that are left of it; None where there is none.
    """
    found: float | None = await conn.fetchval(
        """
        update polls p set closes_at = p.closes_at + (clock_timestamp() - c.held_at) from clips c
        where c.id = p.clip_id and p.clip_id = $1 and p.state = 'open' and c.held_at is not null
        returning greatest(0, extract(epoch from p.closes_at - now()))::float8
        """,
        clip_id,
    )
    return found


async def forget(conn: Executor, clip_id: int) -> None:
    """The vote on a clip was on what it no longer is: it never was, and another one may be opened."""
    await conn.execute("delete from votes where clip_id = $1", clip_id)
    await conn.execute("delete from polls where clip_id = $1", clip_id)


async def say_yes(conn: Executor, clip_id: int, by: int) -> None:
    """A moderator agrees before the vote has passed."""
    await conn.execute("update polls set decided_by = $2 where clip_id = $1", clip_id, by)


async def approve(conn: Executor, clip_id: int) -> bool:
    """The clip is approved; False when it isn't ready, or is held, or was approved before."""
    tag: str = await conn.execute(
        "update clips set state = 'approved', updated_at = now() where id = $1 and state = 'ready' and held_at is null",
        clip_id,
    )
    return tag.endswith(" 1")


async def slot(conn: Executor, every_s: float) -> tuple[int, float]:
    """The slot of time that the database's clock is in, and seconds from the transaction's start to its end.

    Called while the poll is held, so that whoever reads the poll after the slot's end has waited for this vote.
    """
    row = await conn.fetchrow(
        """
        select floor(extract(epoch from clock_timestamp()) / $1)::bigint as slot,
               extract(epoch from now())::float8 as began_s
        """,
        every_s,
    )
    assert row is not None
    number: int = row["slot"]
    return number, max(0.0, (number + 1) * every_s - row["began_s"])
