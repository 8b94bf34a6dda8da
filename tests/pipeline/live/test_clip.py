"""“Clip that”: from the asking to a finished clip of what had just been on, through the ledger and the worker."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from db import requests, streams, users
from pipeline.jobs import CLIP_PROCESS, NewJob, OfRequest
from pipeline.live.supervise import ring_root
from pipeline.media.tools import Tools
from pipeline.options import ClipOptions
from tests.pipeline.conftest import Stage
from tests.pipeline.live.conftest import recorded_by
from tests.pipeline.live.origin import FPS, Footage, Origin, numbers_in, serving

CLIPS = (
    "select c.*, s.live, s.store_key, s.title from clips c join sources s on s.id = c.source_id where c.request_id = $1"
)
TRIES = "select attempt from jobs where request_id = $1 and kind = 'clip:process'"


async def stream_of(stage: Stage, origin: Origin, delay_s: float, **more: Any) -> int:
    started_at = datetime.fromtimestamp(origin.started_at, UTC)
    async with stage.pool.acquire() as conn:
        return await streams.start(
            conn, "twitch", "c", "s1", origin.url, "A fine stream", delay_s=delay_s, started_at=started_at, **more
        )


async def ask(stage: Stage, **wishes: Any) -> int:
    """Ask for a clip of the channel, and wait for the end."""
    trace_id = uuid4()
    async with stage.queue.transaction(trace_id=trace_id) as tx:
        user = await users.of_identity(tx.conn, "twitch", "1", "Asker")
        request_id, _ = await requests.create(
            tx.conn, user_id=user.id, community_id=None, kind="live", origin="live:twitch:c",
            place={"platform": "twitch"}, options=ClipOptions(**wishes).stored(), trace_id=trace_id,
        )  # fmt: skip
        of = OfRequest(request_id=request_id)
        await tx.enqueue(NewJob(CLIP_PROCESS, of, request_id=request_id, serial_key=f"request:{request_id}"))
    async with asyncio.timeout(60):
        async for _ in stage.queue.follow(request_id):
            pass
    return request_id


@pytest.mark.parametrize("delay_s", [3.0, 9.0])
async def test_clip_that_takes_what_viewers_had_just_seen(
    stage: Stage, footage: Footage, tools: Tools, delay_s: float, tmp_path: Path
) -> None:
    async with serving(Origin(footage, listed=40)) as origin:
        # The stream has been on for a while before anybody asks.
        origin.started_at -= 12 if delay_s > 5 else 20
        stream = await stream_of(stage, origin, delay_s)
        async with recorded_by(origin, ring_root(stage.settings), tools, stream=stream) as booth:
            await booth.recorded(6)
            asked_at = time.time()
            request_id = await ask(stage, live_at=asked_at, length_s=5)
    (clip,) = await stage.rows(CLIPS, request_id)
    assert clip["state"] == "ready", clip["error"]
    assert clip["title"] == "A fine stream"
    source = await stage.tools.storage.at_hand(clip["store_key"], tmp_path)
    last = numbers_in(tools, source)[-1]
    assert origin.at(last + 1) == pytest.approx(asked_at - delay_s + 10, abs=0.2)
    # It was asked for what lies before the asking, of which the viewers were `delay_s` behind.
    asked_s = asked_at - delay_s - clip["live"]["laid"][0]["at"]
    assert clip["start_s"] < asked_s
    assert clip["end_s"] - clip["start_s"] == pytest.approx(5, abs=1.6)
    # What had still to come was waited for; the third try takes what is there.
    ((tries,),) = [row.values() for row in await stage.rows(TRIES, request_id)]
    assert tries in (2, 3)


async def test_a_stretch_is_cut_as_it_was_named_also_after_the_end(
    stage: Stage, footage: Footage, tools: Tools, tmp_path: Path
) -> None:
    async with serving(Origin(footage)) as origin:
        stream = await stream_of(stage, origin, 2.0)
        async with recorded_by(origin, ring_root(stage.settings), tools, stream=stream) as booth:
            await booth.recorded(10)
        async with stage.pool.acquire() as conn:
            await streams.end(conn, "twitch", "c", ended_at=datetime.now(UTC))
        start_at = origin.at(23) + 2.0
        request_id = await ask(stage, live_from=start_at, live_to=start_at + 2.5, captions=False)
    (clip,) = await stage.rows(CLIPS, request_id)
    assert clip["state"] == "ready", clip["error"]
    source = await stage.tools.storage.at_hand(clip["store_key"], tmp_path)
    numbers = numbers_in(tools, source)
    assert numbers[round(clip["start_s"] * FPS)] == pytest.approx(23, abs=1)
    assert clip["end_s"] - clip["start_s"] == pytest.approx(2.5, abs=0.05)


async def test_what_was_not_recorded_is_said_so(stage: Stage, footage: Footage) -> None:
    wrong = await ask(stage, live_at=time.time())
    async with serving(Origin(footage)) as origin:
        await stream_of(stage, origin, 0.0, record=False)
        unwanted = await ask(stage, live_at=time.time())
        async with stage.pool.acquire() as conn:
            await streams.end(conn, "twitch", "c", ended_at=datetime.now(UTC))
        await stream_of(stage, origin, 0.0, record=True)
        lost = await ask(stage, live_at=time.time())
    for request_id, sentence in ((wrong, "isn't recorded"), (unwanted, "isn't recorded"), (lost, "doesn't hold")):
        (request,) = await stage.rows("select state, error from requests where id = $1", request_id)
        assert request["state"] == "failed"
        assert sentence in request["error"]["sentence"]
        assert request["error"]["hint"]
