"""The right to work: one advisory lock, and an epoch that rises with each holder and fences what it writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from db.pool import AnyExecutor

LOCK = 0x636C6E776B72
"""The advisory lock that the worker holds on a connection of its own."""


async def try_lock(conn: AnyExecutor) -> bool:
    """Take the lock if it is free."""
    return bool(await conn.fetchval("select pg_try_advisory_lock($1)", LOCK))


async def wait_for_lock(conn: AnyExecutor, *, timeout_s: float) -> bool:
    """Stand in line for the lock; it is ours in the moment its holder's connection ends. False after `timeout_s`."""
    await conn.execute(f"set lock_timeout = {round(timeout_s * 1000)}")
    try:
        await conn.execute("select pg_advisory_lock($1)", LOCK)
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def ping(conn: AnyExecutor) -> int:
    """The epoch in force; keeps the session from being idle."""
    epoch: int = await conn.fetchval("select epoch from worker_lease")
    return epoch


# The former holder may be frozen with a transaction open; its sessions end before we wait for its row locks.
_EXPEL = """
select count(pg_terminate_backend(a.pid)) from pg_stat_activity a, worker_lease w
where a.application_name = w.holder and a.usename = current_user and a.datname = current_database()
  and w.holder <> $1 and a.pid <> pg_backend_pid()
"""
_RAISE = """
update worker_lease set epoch = epoch + 1, holder = $1, backend_pid = $2, version = $3, config_hash = $4,
  status = '{}', acquired_at = now(), heartbeat_at = now()
returning epoch
"""
# One that was to stop is ready too: whoever claims it ends it, with all that follows from its end.
_RECOVER = """
update jobs j set
  state = 'ready', run_at = now(), crashes = j.crashes + 1, note = 'worker of epoch ' || j.epoch || ' died'
where j.state = 'running' and j.epoch < $1
returning j.id
"""
_UNHOLD = "update jobs set held_at = null, run_at = now() where held_at is not null and state = 'ready'"


async def expel(conn: AnyExecutor, holder: str) -> int:
    """End the database sessions of the former holder, which is not `holder`; returns how many there were."""
    return int(await conn.fetchval(_EXPEL, holder))


async def raise_epoch(conn: AnyExecutor, *, holder: str, backend_pid: int, version: str, config_hash: str) -> int:
    """Begin a new epoch; whoever holds the lock does this first."""
    epoch: int = await conn.fetchval(_RAISE, holder, backend_pid, version, config_hash)
    return epoch


async def recover_older(conn: AnyExecutor, epoch: int) -> list[int]:
    """Make ready again what runs under earlier epochs: nothing, but for a claim that raced the takeover."""
    return [row[0] for row in await conn.fetch(_RECOVER, epoch)]


async def recover(conn: AnyExecutor, epoch: int) -> list[int]:
    """Make ready again, at once, what ran under earlier epochs; and let what was held be looked at by a new worker."""
    await conn.execute(_UNHOLD)
    return await recover_older(conn, epoch)


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """Who works, and when it last gave a sign of life."""

    epoch: int
    holder: str | None
    version: str | None
    config_hash: str | None
    status: Mapping[str, Any]
    acquired_at: datetime | None
    heartbeat_at: datetime | None
    age_s: float | None


_STATUS = """
select epoch, holder, version, config_hash, status, acquired_at, heartbeat_at,
  extract(epoch from now() - heartbeat_at)::float8
from worker_lease
"""


async def status(conn: AnyExecutor) -> WorkerStatus:
    """The worker as the ledger knows it; `age_s` seconds ago it was alive (None: never)."""
    (row,) = await conn.fetch(_STATUS)
    return WorkerStatus(*row)
