"""Handlers that crash the worker, ignore their cancellation, or act after it."""

import pytest

from tests.faults.rig import Rig


@pytest.mark.req("R-073", "negative")
async def test_a_poison_job_is_buried_and_blocks_nobody(rig: Rig) -> None:
    async with rig.supervised(options={"max_crashes": 3}):
        poison = await rig.chore("die")
        others = [await rig.chore("slow 0.01") for _ in range(5)]
        await rig.until("select state = 'dead' from jobs where id = $1", poison)
        assert await rig.value("select crashes from jobs where id = $1", poison) == 3
        await rig.until("select bool_and(state in ('done', 'dead')) from jobs where id = any($1)", others)


async def test_a_handler_that_ignores_its_cancellation_is_abandoned(rig: Rig) -> None:
    await rig.worker(options={"io_slots": 1}).working()
    job = await rig.chore("stubborn 100")
    await rig.until_started(f"stubborn-{job}")
    await rig.queue.cancel(job)
    other = await rig.chore()
    await rig.until("select state = 'cancelled' from jobs where id = $1", job)
    await rig.until("select state = 'done' from jobs where id = $1", other)


@pytest.mark.parametrize("grace_s", [5.0, 0.1])
async def test_a_cancelled_job_has_no_later_effect(rig: Rig, grace_s: float) -> None:
    await rig.worker(options={"cancel_grace_s": grace_s}).working()
    job = await rig.chore("late-post 1")
    await rig.until_started(f"late-post-{job}")
    await rig.queue.cancel(job)
    await rig.until("select state = 'cancelled' from jobs where id = $1", job)
    last = await rig.chore("slow 1.2")
    await rig.until("select state = 'done' from jobs where id = $1", last)
    assert rig.world.done[f"late-{job}"] == 0


async def test_a_job_that_is_not_cancelled_has_it(rig: Rig) -> None:
    await rig.worker().working()
    job = await rig.chore("late-post 0.1")
    await rig.until("select state = 'done' from jobs where id = $1", job)
    assert rig.world.done[f"late-{job}"] == 1
