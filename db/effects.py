"""What was done outside: one row per thing, written as an intent before it is done, so that nothing is done twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from db.pool import AnyExecutor

EffectState = Literal["intent", "done", "unknown", "failed"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing outside. `unknown`: it may or may not have happened, a person decides; `failed`: it surely didn't."""

    effect_key: str
    job_id: int | None
    clip_id: int | None
    epoch: int
    state: EffectState
    remote_id: str | None
    detail: dict[str, Any]
    created_at: datetime
    updated_at: datetime


_COLUMNS = "effect_key, job_id, clip_id, epoch, state, remote_id, detail, created_at, updated_at"

# The fence stands in the very statement that writes the intent: a worker that lost its lease, or whose job was
# cancelled, writes none and therefore does nothing.
MAY_ACT = """exists (select from worker_lease w where w.epoch = $2)
  and exists (select from jobs j where j.id = $3 and j.state = 'running' and j.epoch = $2 and j.attempt = $4
    and j.cancel_requested_at is null)"""

INTEND = f"""
insert into effects (effect_key, job_id, clip_id, epoch)
select $1, $3, (select clip_id from jobs where id = $3), $2 where {MAY_ACT}
on conflict (effect_key) do nothing
returning true
"""  # noqa: S608 - only our own text


async def intend(conn: AnyExecutor, key: str, *, epoch: int, job_id: int, attempt: int) -> bool:
    """Write the intent; False when there is one already, or when the job may not act any more."""
    return bool(await conn.fetchval(INTEND, key, epoch, job_id, attempt))


_INTEND_AGAIN = f"""
update effects set epoch = $2, job_id = $3, state = 'intent', updated_at = now()
where effect_key = $1 and state = $5 and epoch = $6 and {MAY_ACT}
returning true
"""  # noqa: S608 - only our own text


async def intend_again(conn: AnyExecutor, seen: Effect, *, epoch: int, job_id: int, attempt: int) -> bool:
    """Take over an intent that surely was not carried out; False when it changed meanwhile, or the job may not act."""
    return bool(await conn.fetchval(_INTEND_AGAIN, seen.effect_key, epoch, job_id, attempt, seen.state, seen.epoch))


async def get(conn: AnyExecutor, key: str) -> Effect | None:
    """One effect, or None."""
    row = await conn.fetchrow(f"select {_COLUMNS} from effects where effect_key = $1", key)  # noqa: S608
    return Effect(*row) if row else None


_RECORD = """
update effects set state = $3, remote_id = coalesce($4, remote_id), updated_at = now()
where effect_key = $1 and epoch = $2 and state in ('intent', 'unknown') returning true
"""


async def record(conn: AnyExecutor, key: str, state: EffectState, *, epoch: int, remote_id: str | None = None) -> bool:
    """Write what became of an intent of this epoch; False when another epoch has taken it over."""
    return bool(await conn.fetchval(_RECORD, key, epoch, state, remote_id))


_RESOLVE = """
update effects set state = case when $2::text is null then 'failed' else 'done' end, remote_id = $2, updated_at = now()
where effect_key = $1 and state in ('unknown', 'intent') returning true
"""


async def resolve(conn: AnyExecutor, key: str, *, remote_id: str | None) -> bool:
    """A person's word on an unknown outcome: it happened as `remote_id`, or (None) it didn't and may be done again."""
    return bool(await conn.fetchval(_RESOLVE, key, remote_id))


async def unknown(conn: AnyExecutor, *, limit: int = 100) -> list[Effect]:
    """What waits for a person's word, oldest first."""
    sql = f"select {_COLUMNS} from effects where state = 'unknown' order by created_at limit $1"  # noqa: S608
    return [Effect(*row) for row in await conn.fetch(sql, limit)]
