"""A real worker process with small handlers: `python -m tests.faults.crew`, its orders in the variable CREW.

The flow of one request: process → transcribe (gathered) → score, which makes two clips → for each polish → post, with
an effect in the outside world → notify, which ends the request after the last clip.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncpg

from clipnet.errors import BadInput, Unavailable
from clipnet.settings import load_settings
from db import lease as ledger
from db.jobs import Job
from db.pool import connect
from pipeline import jobs as kinds
from pipeline.jobs import JobType, Maintenance, NewJob, Notify, OfClip, OfRequest, Payload, Post, TranscribeSpans
from pipeline.queue import making
from pipeline.worker import effects
from pipeline.worker.effects import Act, Lookup
from pipeline.worker.handler import Done, Handlers, JobContext
from pipeline.worker.lease import Lease
from pipeline.worker.main import run, run_worker
from pipeline.worker.options import WorkerOptions
from tests.faults.world import Reach

CLIPS = 2


class Flow:
    """The handlers, with `step_s` seconds of work in each step."""

    def __init__(self, world: Reach, *, step_s: float) -> None:
        self._world = world
        self._step_s = step_s

    async def process(self, ctx: JobContext, payload: OfRequest) -> Done:
        await self._work(ctx, "process")
        spans = TranscribeSpans(request_id=payload.request_id, audio_key="a", spans=((0.0, 1.0),))

        async def write(conn: asyncpg.Connection) -> None:
            await conn.execute("update requests set state = 'working' where id = $1", payload.request_id)

        return Done(then=[NewJob(kinds.WHISPER_BATCH, spans, serial_key=f"request:{payload.request_id}")], write=write)

    async def transcribe(self, jobs: Sequence[tuple[JobContext, TranscribeSpans]]) -> Sequence[Done | Exception]:
        await self._work(jobs[0][0], "transcribe")
        requests = [payload.request_id for _, payload in jobs]
        return [
            Done(then=[NewJob(kinds.ML_SCORE, OfRequest(request_id=r), serial_key=f"request:{r}")]) for r in requests
        ]

    async def score(self, ctx: JobContext, payload: OfRequest) -> Done:
        await self._work(ctx, "score")
        if ctx.attempt == 1:
            raise Unavailable("The model is busy.", retry_after_s=0.02)

        async def write(conn: asyncpg.Connection) -> list[NewJob[Any]]:
            ids = [await conn.fetchval(_NEW_CLIP, payload.request_id, rank + 1) for rank in range(CLIPS)]
            return [_of_clip(kinds.FFMPEG_POLISH, OfClip(clip_id=clip, revision=1), clip) for clip in ids]

        return Done(write=write)

    async def polish(self, ctx: JobContext, payload: OfClip) -> Done:
        (ctx.scratch / "part").write_text("half a clip")
        await self._work(ctx, "polish")
        post = Post(clip_id=payload.clip_id, revision=1, account="a")

        async def write(conn: asyncpg.Connection) -> None:
            await conn.execute(_MADE, payload.clip_id)

        return Done(then=[_of_clip(kinds.POST_DISCORD, post, payload.clip_id)], write=write)

    async def post(self, ctx: JobContext, payload: Post) -> Done:
        key = f"post-{payload.clip_id}"
        remote = await ctx.effect(key, lambda: self._world.do(key), lambda: self._world.look(key))
        notify = Notify(request_id=ctx.request_id or 0, about="clip", clip_id=payload.clip_id)
        return Done({"remote": remote}, then=[_of_clip(kinds.CLIPBOT_NOTIFY, notify, payload.clip_id)])

    async def notify(self, _: JobContext, payload: Notify) -> Done:
        async def write(conn: asyncpg.Connection) -> None:
            await conn.execute("select from requests where id = $1 for update", payload.request_id)
            await conn.execute("update clips set metadata = '{\"told\": true}' where id = $1", payload.clip_id)
            await conn.execute(_END, payload.request_id)

        return Done(write=write)

    async def chore(self, ctx: JobContext, payload: Maintenance) -> Done:
        """What a note asks for."""
        verb, _, value = payload.note.partition(" ")
        if verb == "die":
            os.kill(os.getpid(), 9)
        if verb in ("block", "linger", "stubborn", "late-post", "slow"):
            await self._world.started(f"{verb}-{ctx.job_id}")
        if verb == "block" and ctx.attempt == 1:
            time.sleep(float(value))  # noqa: ASYNC251 - the very fault that is tried
        elif verb == "slow" or (verb == "linger" and ctx.attempt == 1):
            await asyncio.sleep(float(value))
        elif verb == "stubborn":
            await _ignore_cancellation(float(value))
        elif verb == "late-post":
            await _ignore_cancellation(float(value))
            await ctx.effect(f"late-{ctx.job_id}", lambda: self._world.do(f"late-{ctx.job_id}"))
        elif verb == "refuse":
            raise BadInput("This can't be done.")
        return Done()

    async def _work(self, ctx: JobContext, stage: str) -> None:
        ctx.progress(stage, 0.5)
        await asyncio.sleep(self._step_s)

    def handlers(self) -> Handlers:
        """By kind."""
        return {
            kinds.CLIP_PROCESS.kind: self.process,
            kinds.WHISPER_BATCH.kind: self.transcribe,
            kinds.ML_SCORE.kind: self.score,
            kinds.FFMPEG_POLISH.kind: self.polish,
            kinds.POST_DISCORD.kind: self.post,
            kinds.CLIPBOT_NOTIFY.kind: self.notify,
            kinds.OPS_PRUNE.kind: self.chore,
        }


def every_kind() -> Handlers:
    """A handler for each kind that is declared, which does nothing."""

    async def one(_: JobContext, __: Payload) -> Done:
        return Done()

    async def several(jobs: Sequence[tuple[JobContext, Payload]]) -> Sequence[Done | Exception]:
        return [Done() for _ in jobs]

    return {kind: several if declared.gather > 1 else one for kind, declared in kinds.JOB_TYPES.items()}


def _of_clip(kind: JobType[Any], payload: Payload, clip: int) -> NewJob[Any]:
    return NewJob(kind, payload, clip_id=clip, serial_key=f"clip:{clip}")


_NEW_CLIP = """
insert into clips (request_id, source_id, rank, start_s, end_s, score, reason)
select $1, source_id, $2, 0, 1, 0.5, 'test' from requests where id = $1 returning id
"""
_MADE = """
update clips set state = 'ready', width = 1, height = 1, duration_s = 1 where id = $1 and state = 'rendering'
"""
_END = """
update requests set state = 'done', ended_at = now() where id = $1 and state = 'working'
  and not exists (select from clips where request_id = $1 and metadata ->> 'told' is null)
"""


async def _ignore_cancellation(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            continue


class NoIntents:
    """Effects without the ledger: what the protocol is there to prevent."""

    async def perform(self, _job: Job, _key: str, act: Act, _lookup: Lookup | None) -> str:
        """Act, and hope."""
        remote_id = await act()
        effects._acted()
        return remote_id


class Unleased(Lease):
    """Works without the lock and without an epoch of its own: what the lease is there to prevent."""

    async def acquire(self, *, standby_s: float) -> bool:
        """Ask nobody; `standby_s` doesn't matter."""
        self._conn = await connect(self._url, env=self._env, application_name=self.worker)
        return standby_s >= 0

    async def take_over(self) -> int:
        """Share the epoch of whoever works already."""
        self.epoch = await ledger.ping(self._connection) or await super().take_over()
        self._alive_at = time.clock_gettime(time.CLOCK_BOOTTIME) + 1e6
        return self.epoch


def main() -> int:
    """Work as the variable CREW says."""
    orders: dict[str, Any] = json.loads(os.environ["CREW"])
    settings = load_settings()
    options = replace(WorkerOptions.of(settings), **orders.get("options", {}))
    flow = Flow(Reach(orders["world"]), step_s=orders.get("step_s", 0.01))
    return run(
        lambda: run_worker(
            settings,
            every_kind() if orders.get("every_kind") else flow.handlers(),
            options=options,
            on_start=making.on_start,
            on_end=making.on_end,
            effects=NoIntents() if orders.get("no_intents") else None,
            lease_type=Unleased if orders.get("unleased") else Lease,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
