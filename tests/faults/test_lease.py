"""One worker works, whatever happens to the others; a frozen or blocked one can do no harm when it wakes."""

import signal

import pytest

from db import job_work
from db.pool import connect
from tests.faults.rig import BRIEF, Rig


async def _executors(rig: Rig) -> list[str]:
    rows = await rig.pool.fetch("select distinct executed_by from jobs where executed_by is not null")
    return [row[0] for row in rows]


@pytest.mark.req("R-026", "negative")
@pytest.mark.req("R-047", "negative")
@pytest.mark.req("R-048", "negative")
@pytest.mark.req("R-064", "negative")
async def test_a_second_worker_executes_nothing(rig: Rig) -> None:
    first = rig.worker()
    await first.working()
    await rig.worker().waiting()
    for _ in range(500):
        await rig.chore()
    await rig.all_ended()
    assert len(await _executors(rig)) == 1
    assert await rig.broken() == []


async def test_without_the_lease_both_execute(rig: Rig) -> None:
    await rig.worker().working()
    await rig.worker(unleased=True).says("Worker up")
    # More than one of them can run at a time, and longer than the other takes to begin.
    for _ in range(8):
        await rig.chore("slow 60")
    await rig.until("select count(distinct executed_by) = 2 from jobs")


async def test_a_standby_that_waited_long_enough_ends_with_75(rig: Rig) -> None:
    await rig.worker().working()
    assert await rig.worker(options={"standby_max_s": 0.3}).ended() == 75


async def test_after_a_kill_the_standby_runs_the_interrupted_job_again(rig: Rig) -> None:
    first = rig.worker()
    await first.working()
    await rig.worker().waiting()
    job = await rig.chore("linger 60")
    await rig.until_started(f"linger-{job}")
    first.send(signal.SIGKILL)
    await rig.until("select state = 'done' and crashes = 1 from jobs where id = $1", job)
    assert await rig.broken() == []


@pytest.mark.req("R-086", "negative")
@pytest.mark.req("R-087", "negative")
async def test_a_frozen_worker_is_replaced_and_writes_nothing_when_it_wakes(rig: Rig) -> None:
    frozen = rig.worker(options=BRIEF)
    await frozen.working()
    await rig.worker().waiting()
    job = await rig.chore("late-post 2")
    await rig.until_started(f"late-post-{job}")
    frozen.send(signal.SIGSTOP)
    await rig.until("select state = 'done' and epoch = 2 from jobs where id = $1", job)
    frozen.send(signal.SIGCONT)
    assert await frozen.ended() == 75
    assert await rig.broken() == []
    assert rig.world.done[f"late-{job}"] == 1


async def test_a_worker_whose_loop_is_blocked_is_replaced_and_ends(rig: Rig) -> None:
    blocked = rig.worker(options=BRIEF)
    await blocked.working()
    await rig.worker().waiting()
    job = await rig.chore("block 5")
    other = await rig.chore("slow 0.1")
    await rig.until("select epoch = 2 from worker_lease")
    assert await blocked.ended() == 75
    await rig.until("select state = 'done' from jobs where id = $1", other)
    assert await rig.value("select crashes from jobs where id = $1", job) >= 1


@pytest.mark.parametrize("guarded", [True, False])
async def test_a_stale_finish_is_refused_by_the_fence_alone(rig: Rig, guarded: bool) -> None:
    job = await rig.chore()
    owner = await connect(rig.database.url("owner"), env="test", application_name="test")
    await owner.execute("update worker_lease set epoch = 1")
    (stale,) = await job_work.claim(owner, [job], epoch=1, worker="zombie")
    await owner.execute("update worker_lease set epoch = 2")
    await owner.execute("update jobs set state = 'ready' where id = $1", job)
    (fresh,) = await job_work.claim(owner, [job], epoch=2, worker="successor")
    assert fresh.id == stale.id
    finish = job_work.FINISH if guarded else job_work.FINISH.replace("j.epoch = $1 and j.attempt = f.attempt", "$1 > 0")
    rows = await owner.fetch(finish, 1, [stale.id], [stale.attempt], [{}])
    assert len(rows) == (0 if guarded else 1)
    await owner.close()


async def test_a_drained_worker_puts_back_what_still_runs_without_counting_it(rig: Rig) -> None:
    worker = rig.worker(options={"drain_s": 4.0})
    await worker.working()
    quick, long = await rig.chore("slow 0.1"), await rig.chore("slow 60")
    await rig.until_started(f"slow-{long}")
    await rig.until_started(f"slow-{quick}")
    worker.send(signal.SIGTERM)
    assert await worker.ended() == 0
    assert await rig.state(quick) == "done"
    row = await rig.pool.fetchrow("select state, attempt, crashes, note from jobs where id = $1", long)
    assert tuple(row or ()) == ("ready", 0, 0, "worker drained")


async def test_after_a_drain_the_standby_starts_at_once(rig: Rig) -> None:
    first = rig.worker()
    await first.working()
    second = rig.worker()
    await second.waiting()
    first.send(signal.SIGTERM)
    await second.working()
    assert await first.ended() == 0
