"""What becomes of an attempt: done, tried again, dead, cancelled, held."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from clipnet import backoff
from clipnet.errors import BadInput, Unavailable
from db.jobs import Job
from pipeline.jobs import CLIPBOT_VOTE, OPS_PRUNE, OPS_SYNTHETIC_FAIL, Maintenance, NewJob, OfClip
from pipeline.storage import LocalStorage
from pipeline.worker.handler import Done, JobContext
from pipeline.worker.maintenance import handlers as chores
from tests.pipeline.shop import Shop

KIND = OPS_PRUNE.kind


async def test_writes_and_follow_ups_are_one_transaction_with_the_end(shop: Shop) -> None:
    async def parent(ctx: JobContext, _: Maintenance) -> Done:
        async def write(conn: asyncpg.Connection) -> Sequence[NewJob[Any]]:
            await conn.execute("insert into cursors (name, value) values ('made', $1)", str(ctx.job_id))
            return [NewJob(CLIPBOT_VOTE, OfClip(clip_id=2, revision=1))]

        return Done({"n": 1}, then=[NewJob(CLIPBOT_VOTE, OfClip(clip_id=1, revision=1))], write=write)

    async def child(_: JobContext, payload: OfClip) -> Done:
        return Done({"clip": payload.clip_id})

    await shop.open({KIND: parent, CLIPBOT_VOTE.kind: child})
    job = await shop.until(await shop.chore(requester="ada"), "done")
    assert job.result == {"n": 1}
    assert await shop.pool.fetchval("select value from cursors where name = 'made'") == str(job.id)
    for follow_up in [await shop.until(job.id + n, "done") for n in (1, 2)]:
        assert follow_up.parent_id == job.id
        assert follow_up.requester == "ada"
        assert follow_up.trace_id == job.trace_id
        assert follow_up.created_by.startswith("clipnet-worker")


async def test_a_write_that_fails_leaves_nothing_of_the_step(shop: Shop) -> None:
    async def handler(ctx: JobContext, _: Maintenance) -> Done:
        async def write(conn: asyncpg.Connection) -> None:
            await conn.execute("insert into cursors (name, value) values ('half', '')")
            if ctx.attempt == 1:
                raise Unavailable("It broke half way.", retry_after_s=60)

        return Done(write=write)

    await shop.open({KIND: handler})
    job = await shop.chore()
    await shop.until_true("select error is not null from jobs where id = $1", job)
    assert (await shop.job(job)).state == "ready"
    assert not await shop.pool.fetchval("select count(*) from cursors")


@pytest.mark.req("R-073", "negative")
async def test_a_permanent_error_is_not_tried_again(shop: Shop) -> None:
    async def refuse(_: JobContext, __: Maintenance) -> Done:
        raise BadInput("This isn't a video.", hint="Send a video.")

    await shop.open({KIND: refuse})
    job = await shop.until(await shop.chore(), "dead")
    assert job.attempt == 1
    assert job.error == {"code": "bad-input", "sentence": "This isn't a video.", "hint": "Send a video."}


@pytest.mark.req("R-073", "negative")
async def test_what_the_other_side_asks_to_wait_is_waited(shop: Shop) -> None:
    started: list[float] = []

    async def busy(ctx: JobContext, _: Maintenance) -> Done:
        started.append(time.monotonic())
        if ctx.attempt == 1:
            raise Unavailable("Busy.", retry_after_s=0.6)
        return Done()

    await shop.open({KIND: busy})
    await shop.until(await shop.chore(), "done")
    assert started[1] - started[0] >= 0.6


def test_without_a_word_from_the_other_side_the_wait_doubles_up_to_a_cap() -> None:
    error = RuntimeError()
    for attempt, middle in ((1, 2.0), (2, 4.0), (5, 32.0), (30, 600.0)):
        assert 0.5 * middle <= backoff.delay_s(error, attempt) <= 1.5 * middle
    assert backoff.delay_s(Unavailable("x", retry_after_s=1e4), 1) == 1e4


async def test_the_last_attempt_ends_in_the_dead_letters_with_its_aftermath(shop: Shop) -> None:
    async def fail(_: JobContext, __: Maintenance) -> Done:
        raise Unavailable("Away.", retry_after_s=0)

    async def on_end(conn: asyncpg.Connection, job: Job, state: str) -> Sequence[NewJob[Any]]:
        await conn.execute("insert into cursors (name, value) values ('ended', $1)", state)
        return [NewJob(OPS_SYNTHETIC_FAIL, Maintenance(note=str(job.id)), unique_key="after")]

    await shop.open({KIND: fail, OPS_SYNTHETIC_FAIL.kind: fail}, on_end=on_end)
    job = await shop.until(await shop.chore(), "dead")
    assert job.attempt == OPS_PRUNE.max_attempts
    assert await shop.pool.fetchval("select value from cursors where name = 'ended'") == "dead"
    assert await shop.pool.fetchval("select parent_id from jobs where unique_key = 'after'") == job.id


async def test_a_step_over_its_time_is_stopped_and_tried_again(shop: Shop) -> None:
    async def slow(_: JobContext, __: Maintenance) -> Done:
        await asyncio.sleep(30)
        return Done()

    await shop.open({KIND: slow})
    async with shop.queue.transaction() as tx:
        (job,) = await tx.enqueue(NewJob(OPS_PRUNE, Maintenance()))
        await tx.conn.execute("update jobs set run_timeout_s = 0.1 where id = $1", job)
    await shop.until_true("select error is not null from jobs where id = $1", job)
    assert (await shop.job(job)).error == {"code": "timeout", "sentence": "It took longer than allowed."}


@pytest.mark.req("R-048", "negative")
@pytest.mark.req("R-076", "negative")
async def test_an_unknown_kind_is_buried_and_a_newer_version_held_until_the_next_worker(shop: Shop) -> None:
    async def noop(_: JobContext, __: Maintenance) -> Done:
        return Done()

    unknown, newer = await shop.chore(), await shop.chore()
    await shop.pool.execute("update jobs set kind = 'future:kind' where id = $1", unknown)
    await shop.pool.execute("update jobs set version = 99 where id = $1", newer)
    await shop.open({KIND: noop})
    assert "future:kind" in (await shop.until(unknown, "dead")).note
    await shop.until_true("select held_at is not null from jobs where id = $1", newer)
    held = await shop.job(newer)
    assert (held.state, held.attempt) == ("ready", 0)
    await shop.until(await shop.chore(), "done")
    await shop.close()
    await shop.pool.execute("update jobs set version = 1 where id = $1", newer)
    await shop.open({KIND: noop})
    await shop.until(newer, "done")


async def test_a_running_job_is_cancelled_at_once_by_the_bell(shop: Shop) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def long(_: JobContext, __: Maintenance) -> Done:
        started.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            stopped.set()
            raise
        return Done()

    await shop.open({KIND: long}, heartbeat_s=20.0)
    job = await shop.chore()
    async with asyncio.timeout(15):
        await started.wait()
        while await shop.redis.pubsub_numsub(shop.queue.keys.bell) != [(shop.queue.keys.bell.encode(), 1)]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await shop.queue.cancel(job)
        await stopped.wait()
    assert (await shop.until(job, "cancelled")).attempt == 1


@pytest.mark.req("R-112", "positive")
@pytest.mark.req("R-112", "negative")
async def test_a_dead_letter_that_two_replay_at_once_runs_once_more_and_succeeds(shop: Shop, tmp_path: Path) -> None:
    await shop.open(chores(LocalStorage(tmp_path, "test_clips")))
    (job,) = await shop.queue.enqueue(NewJob(OPS_SYNTHETIC_FAIL, Maintenance(note="try")))
    await shop.until(job, "dead")
    replays = await asyncio.gather(*(shop.queue.replay(job, note="by an operator") for _ in range(5)))
    assert sum(changed is not None for changed in replays) == 1
    done = await shop.until(job, "done")
    assert done.attempt == 1
    assert await shop.queue.replay(job) is None
    assert [step.to_state for step in await shop.history(job)] == [
        "ready",
        "running",
        "dead",
        "ready",
        "running",
        "done",
    ]
    assert await shop.pool.fetchval("select count(*) from effects where state = 'done'") == 1


async def test_a_job_that_takes_off_while_its_worker_ends_is_put_back(shop: Shop) -> None:
    ended = asyncio.Event()

    async def end() -> None:
        await shop.close()
        ended.set()

    async def told_to_end(_: asyncpg.Pool, __: Job) -> None:
        endings.append(asyncio.create_task(end()))
        await asyncio.sleep(0.1)

    async def long(_: JobContext, __: Maintenance) -> Done:
        await asyncio.sleep(60)
        return Done()

    endings: list[asyncio.Task[None]] = []
    await shop.open({KIND: long}, on_start=told_to_end, cancel_grace_s=60.0)
    job = await shop.chore()
    async with asyncio.timeout(50):
        await ended.wait()
    assert (await shop.job(job)).state == "ready"
