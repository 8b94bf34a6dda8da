"""A worker whose steps do as a test tells them, and what became of requests and clips by that."""

import asyncio
from typing import Any

import asyncpg

from clipnet.errors import BadInput
from pipeline.jobs import CLIP_PROCESS, CLIPBOT_NOTIFY, FFMPEG_POLISH, ML_SCORE, JobType, NewJob, OfRequest, Payload
from pipeline.queue import making
from pipeline.queue.making import end_with_clips
from pipeline.steps import polish_job
from pipeline.worker.handler import Done, JobContext, OnEnd
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

    async def open(self, orders: str = "run", on_end: OnEnd = making.on_end) -> None:
        """Start a worker whose steps do so."""
        self.orders = orders
        handlers = {
            CLIP_PROCESS.kind: self.of_request,
            ML_SCORE.kind: self.of_request,
            FFMPEG_POLISH.kind: self.polish,
            CLIPBOT_NOTIFY.kind: self.notify,
        }
        await self.shop.open(handlers, on_start=making.on_start, on_end=on_end)

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
