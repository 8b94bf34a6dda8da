"""One pass over a source: cuts, motion, light, loudness, silence; odd sources; bounded memory."""

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.media.analyse import analyse
from pipeline.media.analysis import Analysis
from pipeline.media.picture import find_cuts
from pipeline.media.probe import probe
from pipeline.media.tools import Limits, Tools
from pipeline.model import Span
from tests.pipeline.media.conftest import QUICK, Make, picture, tone


async def look(path: Path, tools: Tools, limits: Limits, scratch: Path, span: Span | None = None) -> Analysis:
    seen = await probe(path, tools, limits)
    return await analyse(path, seen, tools, limits, pcm=scratch / "sound.pcm", span=span)


@pytest.fixture(scope="session")
def three_scenes(make: Make) -> Path:
    """Cuts at 1.6 s and 3.2 s; a tone, one second of silence from 2 s, then the tone again, louder."""
    parts = ["testsrc2=s=640x360:r=25:d=1.6", "mandelbrot=s=640x360:r=25", "smptehdbars=s=640x360:r=25:d=1.6"]
    join = "[1:v]trim=end=1.6[b];[0:v]format=yuv420p[a];[b]format=yuv420p[c];[2:v]format=yuv420p[d];"
    join += "[a][c][d]concat=n=3[v];[3:a]volume='if(lt(t,2),0.5,if(lt(t,3),0,4))':eval=frame[s]"
    inputs = [word for part in parts for word in picture(part)]
    return make("scenes.mp4", *inputs, *tone(4.8), "-filter_complex", join, "-map", "[v]", "-map", "[s]", *QUICK)


async def test_cuts_sound_and_silence(tools: Tools, limits: Limits, scratch: Path, three_scenes: Path) -> None:
    seen = await look(three_scenes, tools, limits, scratch)
    assert seen.cuts_s == pytest.approx([1.6, 3.2], abs=2 / 25)
    assert len(seen.motion) == pytest.approx(4.8 * 25, abs=2)
    assert len(seen.columns) == len(seen.lit) == 24
    (silence,) = seen.silences(at_least_s=0.5)
    assert (silence.start_s, silence.end_s) == pytest.approx((2.0, 3.0), abs=0.45)
    loud = seen.per_second("loudness_lufs")
    assert loud[4] - loud[0] == pytest.approx(18, abs=1.5)
    assert (scratch / "sound.pcm").stat().st_size == pytest.approx(4.8 * 32_000, rel=0.02)


async def test_a_span_is_in_source_time(tools: Tools, limits: Limits, scratch: Path, three_scenes: Path) -> None:
    seen = await look(three_scenes, tools, limits, scratch, Span(2.5, 4.5))
    assert seen.cuts_s == pytest.approx([3.2], abs=2 / 25)
    assert seen.silences()[0].start_s == pytest.approx(2.5, abs=0.01)
    assert (scratch / "sound.pcm").stat().st_size == pytest.approx(2.0 * 32_000, rel=0.02)


async def test_stored_form_reads_back_the_same(tools: Tools, limits: Limits, scratch: Path, three_scenes: Path) -> None:
    seen = await look(three_scenes, tools, limits, scratch)
    seen.save(scratch / "a.npz")
    again = Analysis.load(scratch / "a.npz")
    assert again.span == seen.span
    for name in ("motion", "columns", "lit", "cuts_s", "flux"):
        assert np.array_equal(getattr(again, name), getattr(seen, name))


async def test_black_and_frozen(tools: Tools, limits: Limits, scratch: Path, make: Make) -> None:
    chain = "testsrc2=s=320x180:r=25:d=1,tpad=stop_mode=clone:stop_duration=2.5,tpad=stop_mode=add:stop_duration=1"
    seen = await look(make("dark.mp4", *picture(chain), *QUICK), tools, limits, scratch)
    (black,) = seen.black()
    assert (black.start_s, black.end_s) == pytest.approx((3.5, 4.5), abs=0.1)
    assert any(span.start_s < 1.2 for span in seen.frozen())
    assert not seen.is_lit(Span(3.6, 4.4))
    assert seen.moves(Span(0, 1))
    assert not seen.moves(Span(1.5, 3))
    assert not seen.has_sound


async def test_bars_are_seen(tools: Tools, limits: Limits, scratch: Path, make: Make) -> None:
    barred = make("barred.mp4", *picture("testsrc2=s=480x360:r=25:d=1,pad=640:360:80:0"), *QUICK)
    seen = await look(barred, tools, limits, scratch)
    assert seen.lit.mean(axis=0) == pytest.approx([0.125, 0, 0.875, 1], abs=0.03)


async def test_sound_alone(tools: Tools, limits: Limits, scratch: Path, make: Make) -> None:
    seen = await look(make("sound.mp3", *tone(2)), tools, limits, scratch)
    assert not seen.has_picture
    assert len(seen.cuts_s) == 0
    assert len(seen.rms_db) == pytest.approx(20, abs=1)
    assert seen.per_second("motion").tolist() == [0.0] * len(seen.per_second("motion"))


async def test_half_a_second(tools: Tools, limits: Limits, scratch: Path, make: Make) -> None:
    short = make("short.mp4", *picture("testsrc2=s=320x180:r=30:d=0.5"), *tone(0.5), *QUICK)
    seen = await look(short, tools, limits, scratch)
    assert len(seen.motion) == pytest.approx(15, abs=1)
    assert len(seen.rms_db) == pytest.approx(5, abs=1)


async def test_odd_real_files(tools: Tools, limits: Limits, scratch: Path, media: Path) -> None:
    uneven = await look(media / "vfr-screen-9s.mp4", tools, limits, scratch)
    assert len(uneven.motion) == pytest.approx(8.7 * uneven.frame_rate_hz, abs=3)
    deep = await look(media / "hevc-10bit-1s.mp4", tools, limits, scratch)
    assert deep.motion.max() > 1
    fast = await look(media / "bbb-1080p60-2s.mp4", tools, limits, scratch)
    assert fast.frame_rate_hz == 30


async def test_joins_of_the_programme(tools: Tools, limits: Limits, scratch: Path, media: Path) -> None:
    """A stretch with three joins of real scenes, all found within two frames; the rest is the bench's."""
    joins = [
        part["start"]
        for part in json.loads((media / "programme-segments.json").read_text())["video_joins_are_hard_cuts"]
        if 290 < part["start"] < 312
    ]
    seen = await look(media / "programme-10min-1080p-composed.mp4", tools, limits, scratch, Span(290, 312))
    assert joins
    for join in joins:
        assert np.abs(seen.cuts_s - join).min() <= 2 / 24 + 0.001


def test_steady_motion_is_no_cut() -> None:
    motion = np.full(100, 20, np.float32)
    assert len(find_cuts(motion, 25)[1]) == 0
    motion[50] = 90
    assert find_cuts(motion, 25)[1].tolist() == [2.0]
    motion[52] = 90
    assert find_cuts(motion, 25)[1].tolist() == [2.0], "a flash is one cut at most"
