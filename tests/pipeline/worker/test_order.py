"""Who goes first, who waits, and who never does."""

import asyncio
from collections.abc import Sequence

import pytest

from clipnet.errors import Unavailable
from db import jobs as ledger
from pipeline.jobs import ML_SCORE, OPS_PRUNE, WHISPER_BATCH, Maintenance, NewJob, OfRequest, TranscribeSpans
from pipeline.worker.handler import Done, JobContext
from tests.pipeline.shop import Shop

KIND = OPS_PRUNE.kind


class Recorder:
    """A handler that writes down the notes it saw."""

    def __init__(self, *, fail_first: str | None = None, sleep_s: float = 0.0) -> None:
        self.seen: list[str] = []
        self._fail_first = fail_first
        self._sleep_s = sleep_s

    async def __call__(self, ctx: JobContext, payload: Maintenance, /) -> Done:
        self.seen.append(payload.note)
        await asyncio.sleep(self._sleep_s)
        if payload.note == self._fail_first and ctx.attempt == 1:
            raise Unavailable("Away.", retry_after_s=60)
        return Done()


@pytest.mark.req("R-073", "positive")
@pytest.mark.parametrize("redis_is_there", [True, False])
async def test_requesters_take_turns_in_redis_and_in_the_ledger_alike(shop: Shop, redis_is_there: bool) -> None:
    for requester, count in (("ada", 6), ("bob", 2)):
        for n in range(count):
            await shop.chore(f"{requester}{n}", requester=requester)
    if not redis_is_there:
        await shop.redis.flushall()
    handler = Recorder()
    await shop.open({KIND: handler}, io_slots=1)
    await shop.until(6, "done")
    assert handler.seen == ["ada0", "bob0", "ada1", "bob1", "ada2", "ada3", "ada4", "ada5"]


async def test_who_comes_late_doesnt_wait_behind_a_backlog(shop: Shop) -> None:
    for n in range(30):
        await shop.chore(f"ada{n}", requester="ada")
    handler = Recorder(sleep_s=0.02)
    await shop.open({KIND: handler}, io_slots=1)
    await shop.until(10, "done")
    bob = await shop.chore("bob", requester="bob")
    begun = len(handler.seen)
    await shop.until(bob, "done")
    # Before him goes only what was taken out of the lane already.
    assert handler.seen.index("bob") <= begun + 1


async def test_a_lower_priority_number_goes_first(shop: Shop) -> None:
    for note, priority in (("later", 10), ("now", -10), ("soon", 0)):
        await shop.chore(note, priority=priority)
    handler = Recorder()
    await shop.open({KIND: handler}, io_slots=1)
    await shop.until(1, "done")
    assert handler.seen == ["now", "soon", "later"]


async def test_a_step_doesnt_overtake_an_earlier_one_that_waits_for_its_retry(shop: Shop) -> None:
    handler = Recorder(fail_first="first")
    await shop.open({KIND: handler})
    first = await shop.chore("first", serial_key="clip:1")
    second = await shop.chore("second", serial_key="clip:1")
    other = await shop.chore("other", serial_key="clip:2")
    await shop.until(other, "done")
    assert (await shop.job(second)).state == "ready"
    await shop.pool.execute("update jobs set run_at = now() where id = $1", first)
    await shop.until(second, "done")
    assert [note for note in handler.seen if note != "other"] == ["first", "first", "second"]
    assert (await shop.job(first)).ended_at <= (await shop.job(second)).started_at  # type: ignore[operator]


async def test_a_paused_lane_starts_nothing_until_it_is_resumed(shop: Shop) -> None:
    assert await ledger.pause(shop.pool, "io", by="ada")
    handler = Recorder()
    await shop.open({KIND: handler})
    job = await shop.chore("x")
    await asyncio.sleep(0.3)
    assert handler.seen == []
    assert await ledger.resume(shop.pool, "io")
    await shop.until(job, "done")


async def test_a_full_media_lane_doesnt_hold_up_the_io_lane(shop: Shop) -> None:
    release = asyncio.Event()

    async def encode(_: JobContext, __: OfRequest) -> Done:
        await release.wait()
        return Done()

    await shop.open({ML_SCORE.kind: encode, KIND: Recorder()})
    heavy = await shop.queue.enqueue(*[NewJob(ML_SCORE, OfRequest(request_id=1)) for _ in range(3)])
    await shop.until(heavy[0], "running")
    await shop.until(await shop.chore(), "done")
    assert [(await shop.job(job)).state for job in heavy] == ["running", "ready", "ready"]
    release.set()
    await shop.until(heavy[2], "done")


async def test_without_io_slots_both_lanes_share_those_of_media(shop: Shop) -> None:
    running = 0

    async def one_at_a_time(_: JobContext, __: OfRequest | Maintenance) -> Done:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0.01)
        running -= 1
        return Done()

    await shop.open({ML_SCORE.kind: one_at_a_time, KIND: one_at_a_time}, io_slots=0)
    ids = await shop.queue.enqueue(*[NewJob(ML_SCORE, OfRequest(request_id=1)) for _ in range(3)])
    ids += [await shop.chore() for _ in range(3)]
    for job in ids:
        assert (await shop.until(job, "done")).attempt == 1


async def test_waiting_transcriptions_are_gathered_and_end_each_on_its_own(shop: Shop) -> None:
    calls: list[int] = []

    async def transcribe(jobs: Sequence[tuple[JobContext, TranscribeSpans]]) -> list[Done | Exception]:
        calls.append(len(jobs))
        return [ValueError() if p.request_id == 2 else Done({"request": p.request_id}) for _, p in jobs]

    def spans(n: int) -> NewJob[TranscribeSpans]:
        return NewJob(WHISPER_BATCH, TranscribeSpans(request_id=n, audio_key="a", spans=((0.0, 1.0),)))

    ids = await shop.queue.enqueue(*[spans(n) for n in range(1, 5)])
    await shop.pool.execute("update jobs set crashes = 1 where id = $1", ids[3])
    await shop.open({WHISPER_BATCH.kind: transcribe}, gather_s=0.05)
    assert (await shop.until(ids[0], "done")).result == {"request": 1}
    assert (await shop.until(ids[2], "done")).result == {"request": 3}
    await shop.until(ids[3], "done")
    assert [step.to_state for step in await shop.history(ids[1])][:3] == ["ready", "running", "ready"]
    assert calls[:2] == [3, 1]
