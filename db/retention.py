"""Removes what nobody needs any more."""

from dataclasses import dataclass

from asyncpg import Pool

from db.pool import Executor


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days things are kept."""

    inbox_days: float = 3.0
    given_up_days: float = 14.0
    history_days: float = 90.0
    chat_days: float = 30.0
    buttons_days: float = 90.0


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows went."""

    inbox: int
    deliveries: int
    job_events: int
    schedule_fires: int
    requester_turns: int
    chat_counts: int
    kept_spans: int
    place_tokens: int
    buttons: int


_INBOX = "delete from inbox where received_at < now() - make_interval(secs => $1)"
_DELIVERIES = """
delete from deliveries
where done_at < now() - make_interval(secs => $1) or given_up_at < now() - make_interval(secs => $2)
"""
_HISTORY = """
delete from job_events e using jobs j
where j.id = e.job_id and j.state in ('done', 'cancelled') and j.ended_at < now() - make_interval(secs => $1)
"""
_FIRES = """
delete from schedule_fires f where fired_at < now() - make_interval(secs => $1)
  and exists (select from schedule_fires n where n.name = f.name and n.slot > f.slot)
"""
_CHAT = "delete from chat_counts where at < now() - make_interval(secs => $1)"
_KEPT = "delete from kept_spans where until < now()"
_TURNS = "delete from requester_turns r using lanes l where l.lane = r.lane and r.last_turn < l.turn"
_PLACES = ("requests", "notices", "request_askers", "copies")
_TOKENS = """
with dead as materialized (
  select ctid from {table} where (place #>> '{{extra,until}}')::float8 < extract(epoch from now())::float8
  for update skip locked)
update {table} t set
  place = place #- '{{extra,token}}' #- '{{extra,application}}' #- '{{extra,until}}' #- '{{extra,file_limit}}'
from dead where t.ctid = dead.ctid
"""
_SPOKEN = """
with dead as materialized (
  select ctid from effects where remote_id ~ '"token": "[^"]' and updated_at < now() - interval '15 minutes'
  for update skip locked)
update effects t set remote_id = regexp_replace(remote_id, '"token": "[^"]*"', '"token": ""')
from dead where t.ctid = dead.ctid
"""
_BUTTONS = "delete from cursors where name like 'discord:button:%' and updated_at < now() - make_interval(secs => $1)"


async def prune(conn: Executor, keep: Retention) -> Pruned:
    """Delete deliveries, histories of jobs that ended well, fires, turns that were overtaken, counts of chats,
    stretches of streams that were to be kept until now, and buttons that were shown last long ago; and of places what
    reached a message for some minutes only.
    """
    day_s = 86400.0
    return Pruned(
        inbox=_count(await conn.execute(_INBOX, keep.inbox_days * day_s)),
        deliveries=_count(await conn.execute(_DELIVERIES, keep.inbox_days * day_s, keep.given_up_days * day_s)),
        job_events=_count(await conn.execute(_HISTORY, keep.history_days * day_s)),
        schedule_fires=_count(await conn.execute(_FIRES, keep.history_days * day_s)),
        requester_turns=_count(await conn.execute(_TURNS)),
        chat_counts=_count(await conn.execute(_CHAT, keep.chat_days * day_s)),
        kept_spans=_count(await conn.execute(_KEPT)),
        place_tokens=await forget_tokens(conn),
        buttons=_count(await conn.execute(_BUTTONS, keep.buttons_days * day_s)),
    )


async def forget_tokens(conn: Executor | Pool) -> int:
    """Take out of places what reached a message for some minutes that are over; returns out of how many.

    Nobody is waited for: a row that others work with loses it the next time.
    """
    statements = [*(_TOKENS.format(table=table) for table in _PLACES), _SPOKEN]
    return sum([_count(await conn.execute(statement)) for statement in statements])


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[-1])
