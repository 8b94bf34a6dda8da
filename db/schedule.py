"""Which schedules fired for which slot of time; two that fire the same slot do it once."""

from datetime import datetime

from db.pool import AnyExecutor

_FIRE = "insert into schedule_fires (name, slot) values ($1, $2) on conflict do nothing returning true"
_LAST = "select max(slot) from schedule_fires where name = $1"


async def fire(conn: AnyExecutor, name: str, slot: datetime) -> bool:
    """Take a slot; False when it was taken before."""
    return bool(await conn.fetchval(_FIRE, name, slot))


async def last_slot(conn: AnyExecutor, name: str) -> datetime | None:
    """The newest slot that a schedule fired for; None when it never did."""
    slot: datetime | None = await conn.fetchval(_LAST, name)
    return slot
