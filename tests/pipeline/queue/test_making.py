"""What a job's life means for its request and clip: whatever happens to jobs, no request stays open without one."""

import asyncio

import pytest

from pipeline.model import Span
from pipeline.queue import making
from pipeline.steps import transcribe_job
from tests.pipeline.maker import Maker
from tests.pipeline.shop import PATIENCE_S


async def test_a_waiting_step_that_is_cancelled_ends_its_request_and_tells(maker: Maker) -> None:
    request, job = await maker.first()
    await maker.shop.queue.cancel(job)
    assert await maker.states(request) == ("cancelled", [])
    assert await maker.told(request) == ["request"]


async def test_the_last_waiting_clip_that_is_cancelled_ends_its_request(maker: Maker) -> None:
    request, (first, second) = await maker.clips(2)
    await maker.shop.queue.cancel(first)
    assert await maker.states(request) == ("working", ["cancelled", "queued"])
    await maker.shop.queue.cancel(second)
    assert await maker.states(request) == ("cancelled", ["cancelled", "cancelled"])
    assert await maker.told(request) == ["clip", "clip", "request"]


async def test_one_cancelled_clip_leaves_the_other_to_end_the_request(maker: Maker) -> None:
    request, (first, _) = await maker.clips(2)
    await maker.shop.queue.cancel(first)
    await maker.open()
    await maker.until(request, "done")
    assert await maker.states(request) == ("done", ["cancelled", "ready"])


@pytest.mark.parametrize("of", ["first", "clips"])
async def test_while_a_step_runs_its_request_and_clip_say_so_and_a_stop_ends_them(maker: Maker, of: str) -> None:
    await maker.open("wait")
    request, job = await maker.first() if of == "first" else await _one(maker)
    async with asyncio.timeout(PATIENCE_S):
        await maker.running.wait()
    assert await maker.states(request) == ("working", ["rendering"] if of == "clips" else [])
    await maker.shop.queue.cancel(job)
    await maker.until(request, "cancelled")
    assert (await maker.states(request))[1] == (["cancelled"] if of == "clips" else [])
    assert (await maker.told(request))[-1] == "request"


async def test_a_worker_that_goes_leaves_the_clip_rendering_and_the_next_one_ends_it(maker: Maker) -> None:
    await maker.open("wait")
    request, _ = await _one(maker)
    async with asyncio.timeout(PATIENCE_S):
        await maker.running.wait()
    await maker.shop.close()
    assert await maker.states(request) == ("working", ["rendering"])
    await maker.open()
    await maker.until(request, "done")
    assert await maker.states(request) == ("done", ["ready"])


async def test_a_step_of_a_dead_worker_that_was_to_stop_is_ended_by_the_next(maker: Maker) -> None:
    request, job = await _one(maker)
    await maker.shop.pool.execute(
        """
        update jobs set state = 'running', attempt = 1, epoch = 0, started_at = now(), cancel_requested_at = now()
        where id = $1
        """,
        job,
    )
    await maker.open()
    await maker.shop.until(job, "cancelled")
    assert await maker.states(request) == ("cancelled", ["cancelled"])
    assert await maker.told(request) == ["clip", "request"]


async def test_a_start_under_an_old_epoch_marks_nothing(maker: Maker) -> None:
    request, job = await _one(maker)
    await maker.shop.pool.execute(
        "update jobs set state = 'running', attempt = 1, epoch = 7, started_at = now() where id = $1", job
    )
    await making.on_start(maker.shop.pool, await maker.shop.job(job))
    assert await maker.states(request) == ("queued", ["queued"])


@pytest.mark.parametrize("of", ["first", "clips"])
async def test_a_dead_letter_ends_its_request_discarding_changes_nothing_and_a_replay_opens_it(
    maker: Maker, of: str
) -> None:
    await maker.open("fail")
    request, job = await maker.first() if of == "first" else await _one(maker)
    failed = ("failed", ["failed"] if of == "clips" else [])
    await maker.shop.until(job, "dead")
    assert await maker.states(request) == failed
    await maker.shop.queue.discard(job)
    assert await maker.states(request) == failed
    words = await maker.told(request)

    await maker.shop.close()
    await maker.shop.pool.execute("update notices set final = true")
    await maker.shop.queue.replay(job)
    assert await maker.states(request) == ("queued", ["queued"] if of == "clips" else [])
    assert not await maker.shop.pool.fetchval("select final from notices")
    await maker.open("fail")
    await maker.until(request, "failed")
    assert await maker.states(request) == failed
    assert await maker.told(request) == [*words, *words], "the end is told again"


async def test_a_replayed_message_opens_nothing(maker: Maker) -> None:
    request, job = await maker.first()
    await maker.shop.queue.cancel(job)
    message = await maker.shop.pool.fetchval("select id from jobs where kind = 'clipbot:notify'")
    await maker.shop.queue.cancel(message)
    await maker.shop.queue.replay(message)
    assert (await maker.states(request))[0] == "cancelled"


async def test_recognition_that_is_stopped_in_its_second_life_leaves_the_finished_request_done(maker: Maker) -> None:
    await maker.open()
    request, (polish,) = await maker.clips(1)
    await maker.shop.until(polish, "done")
    await maker.shop.close()
    (speech,) = await maker.shop.queue.enqueue(transcribe_job(request, "a", Span(0, 1)))
    await maker.shop.queue.cancel(speech)
    assert await maker.states(request) == ("done", ["ready"])
    await maker.shop.queue.replay(speech)
    assert (await maker.states(request))[0] == "working"
    await maker.shop.queue.cancel(speech)
    assert await maker.states(request) == ("done", ["ready"])


async def _one(maker: Maker) -> tuple[int, int]:
    request, (job,) = await maker.clips(1)
    return request, job
