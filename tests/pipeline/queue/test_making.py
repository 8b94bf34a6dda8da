"""What a job's life means for its request and clip: whatever happens to jobs, no request stays open without one."""

import asyncio
from typing import Any

import asyncpg
import pytest

from clipnet.errors import BadInput
from pipeline.jobs import CLIP_PROCESS, CLIPBOT_NOTIFY, FFMPEG_POLISH, ML_SCORE, JobType, NewJob, OfRequest, Payload
from pipeline.model import Span
from pipeline.queue import making
from pipeline.queue.making import end_with_clips
from pipeline.steps import polish_job, transcribe_job
from pipeline.worker.handler import Done, JobContext
from tests.pipeline.shop import Shop

NEW_REQUEST = """
with source as (insert into sources (kind, origin) values ('file', 'x') returning id),
request as (insert into requests (source_id, place, options, trace_id, state, ended_at)
  select id, '{}', '{}', gen_random_uuid(), 'queued', null from source returning id),
notice as (insert into notices (request_id, place) select id, '{}' from request)
select id from request
"""
NEW_CLIP = """
insert into clips (request_id, source_id, rank, start_s, end_s, score, reason)
select $1, source_id, $2, 0, 1, 0.5, 'test' from requests where id = $1 returning id
"""
MADE = "update clips set state = 'ready', width = 1, height = 1, duration_s = 1 where id = $1 and state = 'rendering'"


class Maker:
    """Steps of a request that do as they are told: `run`, `fail`, or `wait` to be stopped."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.orders = "run"
        self.running = asyncio.Event()

    async def _obey(self) -> None:
        if self.orders == "fail":
            raise BadInput("It can't be made.", hint="Try another.")
        if self.orders == "wait":
            self.running.set()
            await asyncio.Event().wait()

    async def of_request(self, _: JobContext, payload: OfRequest) -> Done:
        await self._obey()
        return Done(write=lambda conn: end_with_clips(conn, payload.request_id))

    async def polish(self, ctx: JobContext, _: Payload) -> Done:
        await self._obey()

        async def write(conn: asyncpg.Connection) -> list[NewJob[Any]]:
            await conn.execute(MADE, ctx.clip_id)
            return await end_with_clips(conn, ctx.request_id or 0)

        return Done(write=write)

    async def notify(self, _: JobContext, __: Payload) -> Done:
        return Done()

    async def open(self, orders: str = "run") -> None:
        """Start a worker whose steps do so."""
        self.orders = orders
        handlers = {
            CLIP_PROCESS.kind: self.of_request,
            ML_SCORE.kind: self.of_request,
            FFMPEG_POLISH.kind: self.polish,
            CLIPBOT_NOTIFY.kind: self.notify,
        }
        await self.shop.open(handlers, on_start=making.on_start, on_end=making.on_end)

    async def first(self, kind: JobType[OfRequest] = CLIP_PROCESS) -> tuple[int, int]:
        """A new request and its first job."""
        request: int = await self.shop.pool.fetchval(NEW_REQUEST)
        new = NewJob(kind, OfRequest(request_id=request), request_id=request, serial_key=f"request:{request}")
        (job,) = await self.shop.queue.enqueue(new)
        return request, job

    async def clips(self, count: int) -> tuple[int, list[int]]:
        """A request in work and the jobs of its clips."""
        request: int = await self.shop.pool.fetchval(NEW_REQUEST)
        ids = [await self.shop.pool.fetchval(NEW_CLIP, request, rank + 1) for rank in range(count)]
        return request, await self.shop.queue.enqueue(*(polish_job(request, clip, 1) for clip in ids))

    async def states(self, request: int) -> tuple[str, list[str]]:
        """Of the request, and of its clips."""
        clips = await self.shop.pool.fetch("select state from clips where request_id = $1 order by rank", request)
        state = await self.shop.pool.fetchval("select state from requests where id = $1", request)
        return str(state), [row[0] for row in clips]

    async def told(self, request: int) -> list[str]:
        """What was said, in order."""
        rows = await self.shop.pool.fetch(
            "select payload ->> 'about' from jobs where kind = 'clipbot:notify' and request_id = $1 order by id",
            request,
        )
        return [row[0] for row in rows]

    async def until(self, request: int, state: str) -> None:
        """Wait until the request is in a state."""
        await self.shop.until_true("select state = $2 from requests where id = $1", request, state)


@pytest.fixture
def maker(shop: Shop) -> Maker:
    """Steps over the shop's queue."""
    return Maker(shop)


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
    async with asyncio.timeout(5):
        await maker.running.wait()
    assert await maker.states(request) == ("working", ["rendering"] if of == "clips" else [])
    await maker.shop.queue.cancel(job)
    await maker.until(request, "cancelled")
    assert (await maker.states(request))[1] == (["cancelled"] if of == "clips" else [])
    assert (await maker.told(request))[-1] == "request"


async def test_a_worker_that_goes_leaves_the_clip_rendering_and_the_next_one_ends_it(maker: Maker) -> None:
    await maker.open("wait")
    request, _ = await _one(maker)
    async with asyncio.timeout(5):
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
