"""“Clip that”: from the asking to a finished clip of what had just been on, through the ledger and the worker."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from db import requests, streams, users
from pipeline.jobs import CLIP_PROCESS, NewJob, OfRequest
from pipeline.live.index import read_index
from pipeline.live.supervise import recording, ring_root
from pipeline.media.probe import probe
from pipeline.media.tools import Limits, Tools
from pipeline.options import ClipOptions
from tests.pipeline.conftest import Stage
from tests.pipeline.live.conftest import laid_out, made, recorded_by
from tests.pipeline.live.origin import FPS, PIECE_S, Footage, Origin, numbers_in, serving

CLIPS = (
    "select c.*, s.live, s.store_key, s.title from clips c join sources s on s.id = c.source_id where c.request_id = $1"
)
HALF_A_FRAME_S = 0.5 / FPS + 0.001
TICK_S = 0.001
TRIES = "select attempt from jobs where request_id = $1 and kind = 'clip:process'"


async def stream_of(stage: Stage, origin: Origin, delay_s: float, remote_id: str = "s1", **more: Any) -> int:
    started_at = datetime.fromtimestamp(origin.started_at, UTC)
    async with stage.pool.acquire() as conn:
        return await streams.start(
            conn,
            "twitch",
            "c",
            remote_id,
            origin.url or "https://x/",
            "A fine stream",
            delay_s=delay_s,
            started_at=started_at,
            **more,
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
    async with asyncio.timeout(110):
        async for _ in stage.queue.follow(request_id):
            pass
    return request_id


@pytest.mark.parametrize(("on_for_s", "delay_s", "far_back"), [(105.0, 5.0, True), (0.5, 7.5, False)])
async def test_clip_that_takes_what_viewers_had_just_seen(
    stage: Stage, longer: Footage, tools: Tools, on_for_s: float, delay_s: float, far_back: bool, tmp_path: Path
) -> None:
    async with serving(Origin(longer, listed=240)) as origin:
        # The stream has been on for a while before anybody asks, or has only begun.
        origin.started_at -= on_for_s
        stream = await stream_of(stage, origin, delay_s)
        async with recorded_by(origin, ring_root(stage.settings), tools, stream=stream) as booth:
            await booth.recorded(round(on_for_s / PIECE_S))
            asked_at = time.time()
            request_id = await ask(stage, live_at=asked_at, length_s=5, captions=False)
    clip, numbers = await made_of(stage, request_id, tools, tmp_path)
    assert clip["title"] == "A fine stream"
    seen_at = asked_at - delay_s
    assert origin.at(numbers[-1] + 1) == pytest.approx(seen_at + 10, abs=HALF_A_FRAME_S)
    began_at = seen_at - 90 if far_back else origin.started_at
    assert began_at == max(seen_at - 90, origin.started_at)
    assert origin.at(numbers[0]) == pytest.approx(began_at, abs=HALF_A_FRAME_S)
    # It was asked for what lies before the asking, of which the viewers were `delay_s` behind.
    assert clip["start_s"] < max(0.1, seen_at - clip["live"]["laid"][0]["at"])
    assert clip["end_s"] - clip["start_s"] == pytest.approx(min(5, len(numbers) / FPS), abs=1.6)
    # What had still to come was waited for, once.
    ((tries,),) = [row.values() for row in await stage.rows(TRIES, request_id)]
    assert tries == 2


async def made_of(stage: Stage, request_id: int, tools: Tools, folder: Path) -> tuple[dict[str, Any], list[int]]:
    """The clip of a request, and the numbers of its source's frames."""
    (clip,) = await stage.rows(CLIPS, request_id)
    assert clip["state"] == "ready", clip["error"]
    return clip, numbers_in(tools, await stage.tools.storage.at_hand(clip["store_key"], folder))


async def test_a_stretch_is_cut_as_it_was_named_also_after_the_end(
    stage: Stage, footage: Footage, tools: Tools, tmp_path: Path
) -> None:
    origin = Origin(footage, started_at=time.time() - 30)
    stream = await stream_of(stage, origin, 2.0)
    laid_out(origin, ring_root(stage.settings) / str(stream))
    await end(stage, time.time())
    start_at = origin.at(23) + 2.0
    request_id = await ask(stage, live_from=start_at, live_to=start_at + 2.5, captions=False)
    clip, numbers = await made_of(stage, request_id, tools, tmp_path)
    assert numbers[round(clip["start_s"] * FPS)] == 23
    assert clip["end_s"] - clip["start_s"] == pytest.approx(2.5, abs=TICK_S)


async def end(stage: Stage, at: float) -> None:
    """Whatever is live in the channel has ended."""
    async with stage.pool.acquire() as conn:
        await streams.end(conn, "twitch", "c", ended_at=datetime.fromtimestamp(at, UTC))


async def test_a_stream_that_ends_while_its_clip_is_waited_for_is_clipped_to_its_end(
    stage: Stage, footage: Footage, tools: Tools, tmp_path: Path
) -> None:
    origin = Origin(footage, started_at=time.time() - 7)
    stream = await stream_of(stage, origin, 9.0)
    laid_out(origin, ring_root(stage.settings) / str(stream))
    asking = asyncio.create_task(ask(stage, live_at=time.time(), length_s=5, captions=False))
    while not await stage.rows("select from jobs where state = 'ready' and attempt >= 1"):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await end(stage, time.time())
    _, numbers = await made_of(stage, await asking, tools, tmp_path)
    assert numbers == list(range(130))


async def test_a_new_session_is_not_mixed_with_the_one_before(
    stage: Stage, footage: Footage, larger: Footage, tools: Tools, tmp_path: Path
) -> None:
    now = time.time()
    first, second = Origin(footage, started_at=now - 40), Origin(larger, started_at=now - 20)
    for name, origin in (("s1", first), ("s2", second)):
        stream = await stream_of(stage, origin, 0.0, remote_id=name)
        laid_out(origin, ring_root(stage.settings) / str(stream), 20)
        await end(stage, origin.at_piece(20))
    for asked_at, origin, width in ((first.at_piece(24), first, 160), (now, second, 320)):
        request_id = await ask(stage, live_at=asked_at, length_s=5, captions=False)
        clip, numbers = await made_of(stage, request_id, tools, made(tmp_path / str(width)))
        assert numbers == list(range(200))
        # A part of the sound is ahead of the first picture.
        assert 0 <= origin.started_at - clip["live"]["laid"][0]["at"] < 1024 / 48000 + TICK_S
        seen = await probe(await stage.tools.storage.at_hand(clip["store_key"], tmp_path), tools, Limits())
        assert seen.video is not None
        assert seen.video.width == width


async def test_what_was_kept_is_clipped_when_the_ring_is_past_it(
    stage: Stage, footage: Footage, tools: Tools, tmp_path: Path
) -> None:
    async with serving(Origin(footage, listed=240, started_at=time.time() - 9)) as origin:
        media = stage.settings.media.model_copy(update={"net_allow": (origin.place,)})
        live = stage.settings.live.model_copy(update={"minutes": 0.05})
        settings = stage.settings.model_copy(update={"media": media, "live": live})
        stream = await stream_of(stage, origin, 2.0)
        span = [datetime.fromtimestamp(origin.at(number) + 2.0, UTC) for number in (25, 65)]
        async with stage.pool.acquire() as conn:
            await streams.keep(conn, stream, (span[0], span[1]), until=datetime.now(UTC) + timedelta(hours=1))
        async with recording(settings, poll_s=0.2), asyncio.timeout(60):
            # The pieces of the span, and the last three seconds, of which the first piece is cut into.
            while (  # noqa: ASYNC110 - files have no event
                not (held := read_index(ring_root(settings) / str(stream)))
                or held[-1].at < origin.at(200)
                or sum(each.length_s for each in held) > 2.5 + 3 + PIECE_S + 0.001
            ):
                await asyncio.sleep(0.05)
            await end(stage, time.time())
    assert [each.seq - 1000 for each in held if each.at < origin.at_piece(8)] == [2, 3, 4, 5, 6]
    start_at = origin.at(30) + 2.0
    request_id = await ask(stage, live_from=start_at, live_to=start_at + 1.5, captions=False)
    clip, numbers = await made_of(stage, request_id, tools, tmp_path)
    assert numbers[round(clip["start_s"] * FPS)] == 30


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
