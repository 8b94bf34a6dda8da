"""`health`: whether the database, Redis and the worker answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

from pydantic import BaseModel

from bot.adapters.base import AdapterStatus
from bot.command import OPERATOR_SURFACES, Command
from bot.context import Context, Services
from bot.vocabulary import Field, Reply
from db import deliveries, overview
from db.deliveries import Backlog
from db.overview import LaneDepth, Lease

PROBE_S = 1.5
WORKER_LATE_S = 15.0
DELIVERY_LATE_S = 60.0
Status = Literal["ok", "degraded", "down"]


class Part(BaseModel):
    """One part: its state, what it says, and how long it took to answer."""

    status: Status
    detail: str = ""
    took_ms: float = 0.0


class Health(BaseModel):
    """The whole: down without database or Redis, degraded without a worker or with an adapter that fails."""

    status: Status
    parts: dict[str, Part]


async def probe(services: Services, *, within_s: float = PROBE_S) -> Health:
    """Ask every part at once; one that hangs is waited for `within_s`, so that it answers within two seconds."""
    queue = services.queue

    async def database() -> str:
        async with queue.pool.acquire(timeout=within_s) as conn:
            await conn.fetchval("select 1")
        return ""

    async def redis() -> str:
        await queue.redis.ping()
        return ""

    async def worker() -> str:
        return _worker(await overview.lease(queue.pool))

    async def lanes() -> str:
        return "; ".join(map(_lane, await overview.lanes(queue.pool)))

    async def hooks() -> str:
        return _backlog(await deliveries.backlog(queue.pool))

    asked: dict[str, Callable[[], Awaitable[str]]] = {
        "database": database,
        "redis": redis,
        "worker": worker,
        "queue": lanes,
        "deliveries": hooks,
    }
    found = await asyncio.gather(*(_part(ask, within_s) for ask in asked.values()))
    parts = dict(zip(asked, found, strict=True))
    for soft in ("worker", "queue", "deliveries"):
        if parts[soft].status == "down":
            parts[soft].status = "degraded"
    parts |= {name: adapter_part(status) for name, status in services.adapters.items()}
    return Health(status=_worst(parts.values()), parts=parts)


def adapter_part(status: AdapterStatus) -> Part:
    """An adapter as a part; one that is off on purpose is well."""
    since = f"since {status.since:%Y-%m-%d %H:%M:%S} UTC" if status.since else ""
    restarts = f"{status.restarts} restarts" if status.restarts else ""
    limits = "; ".join(f"{name}: {left}" for name, left in status.limits.items())
    said = [status.state, since, status.note, restarts, limits]
    fine = status.state in ("running", "off")
    return Part(status="ok" if fine else "degraded", detail=", ".join(filter(None, said)))


def _worst(parts: object) -> Status:
    states = {part.status for part in parts}  # type: ignore[attr-defined]
    return "down" if "down" in states else "degraded" if "degraded" in states else "ok"


async def _part(ask: Callable[[], Awaitable[str]], within_s: float) -> Part:
    started = time.monotonic()
    try:
        async with asyncio.timeout(within_s):
            part = Part(status="ok", detail=await ask())
    except Exception as error:  # whatever keeps a part from answering is what this is about
        part = Part(status="down", detail=str(error) if isinstance(error, _Unwell) else type(error).__name__)
    part.took_ms = round((time.monotonic() - started) * 1000, 1)
    return part


class _Unwell(Exception):
    """A part answers, but what it says is not well."""


def _worker(lease: Lease) -> str:
    if lease.holder is None or lease.silent_s is None:
        raise _Unwell("no worker has started yet")
    if lease.silent_s > WORKER_LATE_S:
        raise _Unwell(f"{lease.holder} was last heard of {lease.silent_s:.0f} s ago")
    version = lease.version or "unknown"
    return f"{lease.holder}, version {version}, epoch {lease.epoch}, heard of {lease.silent_s:.1f} s ago"


def _backlog(backlog: Backlog) -> str:
    told = f"{backlog.waiting} waiting, {backlog.given_up} given up today"
    if backlog.oldest_s > DELIVERY_LATE_S:
        raise _Unwell(f"{told}; the oldest waits for {backlog.oldest_s:.0f} s")
    if backlog.given_up:
        raise _Unwell(f"{told}; deliveries list shows them")
    return told


def _lane(lane: LaneDepth) -> str:
    return f"{lane.lane}: {lane.running} running, {lane.ready} ready" + (" (paused)" if lane.paused_by else "")


async def _health(ctx: Context) -> Reply:
    found = await probe(ctx.services)
    fields = tuple(Field(name, f"{part.status} {part.detail}".strip()) for name, part in found.parts.items())
    return Reply(f"ClipNet is {found.status}.", fields, data=found)


HEALTH = Command(
    name="health",
    help="Say whether database, Redis and worker answer",
    handler=_health,
    data=Health,
    role="viewer",
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("health",),
)
