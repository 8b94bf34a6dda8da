"""Redis is flushed, killed, emptied, away, or holds what nobody put there: only time is lost."""

import asyncio

import pytest

from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob
from pipeline.queue.keys import member
from tests.faults.rig import Rig

DONE = "select count(*) = $1 from jobs where state = 'done'"


async def _backlog(rig: Rig, count: int) -> None:
    await rig.queue.enqueue(*[NewJob(OPS_PRUNE, Maintenance()) for _ in range(count)])


@pytest.mark.req("R-050", "positive")
@pytest.mark.req("R-075", "positive")
async def test_jobs_wait_in_redis_while_no_worker_runs_and_each_runs_once(rig: Rig) -> None:
    await _backlog(rig, 200)
    assert await rig.redis.zcard(rig.keys.lane("io")) == 200
    rig.worker()
    await rig.until(DONE, 200)
    assert await rig.broken() == []


@pytest.mark.req("R-093", "positive")
async def test_a_flushed_redis_is_filled_again_from_the_ledger(rig: Rig) -> None:
    await _backlog(rig, 200)
    worker = rig.worker()
    await worker.working()
    await rig.request()
    await rig.redis.flushall()
    await rig.all_ended()
    assert await rig.broken() == []


async def test_without_the_reconciler_a_flush_strands_the_jobs(rig: Rig) -> None:
    await _backlog(rig, 20)
    await rig.redis.flushall()
    await rig.worker(options={"reconcile_every_s": None}).working()
    await asyncio.sleep(1.5)
    assert await rig.value("select count(*) from jobs where state = 'ready'") == 20


async def test_a_redis_killed_and_restarted_empty_is_filled_again(rig: Rig) -> None:
    await rig.worker().working()
    for _ in range(3):
        await rig.request()
    rig.valkey.crash()
    for file in (rig.valkey.folder / "appendonlydir").glob("*"):
        file.unlink()
    rig.valkey.start()
    await rig.all_ended()
    assert await rig.broken() == []


@pytest.mark.req("R-063", "negative")
async def test_while_redis_is_away_requests_are_accepted_and_worked_at(rig: Rig) -> None:
    await rig.worker().working()
    rig.valkey.crash()
    try:
        await rig.request()
        await rig.all_ended()
    finally:
        rig.valkey.start()
    assert await rig.broken() == []
    last = await rig.chore()
    await rig.until("select state = 'done' from jobs where id = $1", last)


@pytest.mark.req("R-091", "negative")
async def test_forged_and_doubled_ids_are_dropped(rig: Rig) -> None:
    worker = rig.worker()
    await worker.working()
    real = await rig.chore("slow 0.3")
    lane = rig.keys.lane("io")
    await rig.redis.zadd(lane, {member(999_999): 0, "not-an-id": 0, "-1": 0, "9" * 40: 0, member(real): 0})
    await rig.until("select state = 'done' from jobs where id = $1", real)
    await rig.redis.zadd(lane, {member(real): 0})
    last = await rig.chore()
    await rig.until("select state = 'done' from jobs where id = $1", last)
    assert await rig.value("select count(*) from jobs") == 2
    assert await rig.value("select count(*) from job_events where to_state = 'running'") == 2


async def test_a_value_of_another_type_under_our_key_is_cleared_away(rig: Rig) -> None:
    await rig.redis.set(rig.keys.lane("io"), "nonsense")
    job = await rig.chore()
    rig.worker()
    await rig.until("select state = 'done' from jobs where id = $1", job)
