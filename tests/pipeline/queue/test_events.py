"""Following a request: live while Redis is there, complete without it."""

import asyncio

import asyncpg
import pytest

from clipnet.embedded.valkey import ValkeyServer
from pipeline import events
from pipeline.events import Event
from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob
from pipeline.queue.waiting_room import open_redis
from pipeline.worker.handler import Done, JobContext
from tests.pipeline.shop import PATIENCE_S, Shop


async def _request(shop: Shop) -> int:
    source = await shop.pool.fetchval("insert into sources (kind, origin) values ('file', 'x') returning id")
    request: int = await shop.pool.fetchval(
        "insert into requests (source_id, place, options, trace_id) values ($1, '{}', '{}', gen_random_uuid()) "
        "returning id",
        source,
    )
    await shop.queue.enqueue(NewJob(OPS_PRUNE, Maintenance(), request_id=request))
    return request


async def _work(ctx: JobContext, _: Maintenance) -> Done:
    for fraction in (0.25, 0.5, 0.75):
        ctx.progress("polish", fraction, "half")
        await asyncio.sleep(0.3)

    async def write(conn: asyncpg.Connection) -> None:
        await conn.execute("update requests set state = 'working' where id = $1", ctx.request_id)
        await conn.execute("update requests set state = 'done', ended_at = now() where id = $1", ctx.request_id)

    return Done(write=write)


async def _all(shop: Shop, request: int, *, after: str | None = None) -> list[Event]:
    async with asyncio.timeout(PATIENCE_S):
        return [event async for event in shop.queue.follow(request, after=after)]


async def test_a_follower_sees_states_and_progress_and_then_the_end(shop: Shop) -> None:
    await shop.open({OPS_PRUNE.kind: _work})
    seen = await _all(shop, await _request(shop))
    states = [event.state for event in seen if event.job_id]
    assert states[-1] == "done"
    assert {"running", "done"} <= set(states)
    fractions = [event.fraction for event in seen if event.fraction]
    assert fractions == sorted(fractions)
    assert len(fractions) >= 2
    assert seen[-1].last
    assert [event.at for event in seen if event.job_id] == sorted(event.at for event in seen if event.job_id)


@pytest.mark.parametrize("away", [True, False])
async def test_the_end_is_never_lost_though_redis_forgets_or_is_away(
    shop: Shop, valkey: ValkeyServer, away: bool
) -> None:
    request = await _request(shop)
    await shop.open({OPS_PRUNE.kind: _work})
    following = asyncio.create_task(_all(shop, request))
    await shop.until(1, "running")
    if away:
        valkey.crash()
    else:
        await shop.redis.flushall()
    try:
        assert (await following)[-1].last
    finally:
        if away:
            valkey.start()


async def test_a_follower_resumes_after_what_it_has_seen(shop: Shop) -> None:
    await shop.open({OPS_PRUNE.kind: _work})
    request = await _request(shop)
    seen = await _all(shop, request)
    resumed = await _all(shop, request, after=seen[-2].seq)
    assert resumed[-1].last
    assert not [event for event in resumed if event.fraction]


async def test_nonsense_in_the_stream_is_skipped(shop: Shop) -> None:
    request = await _request(shop)
    key = shop.queue.keys.events
    for body in (b"{", b"[]", b'{"surprise": 1}', b"\xff"):
        await shop.redis.xadd(key, {"e": body})
    await shop.open({OPS_PRUNE.kind: _work})
    assert (await _all(shop, request))[-1].last


async def test_publishing_without_redis_says_so_and_goes_on() -> None:
    nowhere = open_redis("redis://127.0.0.1:1/0")
    assert not await events.publish(nowhere, Event(1, 1, "x", "done"), prefix="p:")
    await nowhere.aclose()
