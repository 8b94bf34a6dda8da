"""Finished clips: every kind of source becomes a file that players and platforms take, or nothing at all."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clipnet.errors import BadInput
from pipeline.media.analyse import analyse
from pipeline.media.crop import CropPlan, Framing, Move, plan_crop
from pipeline.media.errors import DiskFull, MediaFailed
from pipeline.media.graph import Shape, output_fps
from pipeline.media.loudness import plan_levelling
from pipeline.media.pictures import stills
from pipeline.media.probe import probe
from pipeline.media.render import Rendered, RenderJob, Version, render
from pipeline.media.tools import Limits, Tools
from pipeline.media.verify import CheckFailed, Expected, moov_first, verify
from pipeline.model import Span, VideoStream, Word
from tests.pipeline.media.conftest import QUICK, LeftBehind, Make, TinyDisk, frames, left_in, picture, tone


async def clip(
    path: Path, tools: Tools, limits: Limits, scratch: Path, clips_dir: Path, span: Span, **more: object
) -> Rendered:
    seen = await probe(path, tools, limits)
    looked = await analyse(path, seen, tools, limits, pcm=scratch / "sound.pcm", span=span)
    (scratch / "sound.pcm").unlink(missing_ok=True)
    plan = plan_crop(seen.video, span, looked, []) if seen.video else None
    job = RenderJob(
        path,
        seen,
        span,
        (Version(Shape.VERTICAL, clips_dir / "clip.mp4", plan),),
        moving=looked.moves(span),
        lit=looked.is_lit(span) or seen.video is None,
        **more,  # type: ignore[arg-type]
    )
    (done,) = await render(job, tools, limits, scratch=scratch)
    assert left_in(scratch) == []
    return done


@pytest.mark.req("R-065", "positive")
async def test_a_clip_with_captions_and_thumbnail(
    tools: Tools, limits: Limits, sample: Path, scratch: Path, clips_dir: Path
) -> None:
    done = await clip(
        sample,
        tools,
        limits,
        scratch,
        clips_dir,
        Span(0.5, 2.5),
        words=(Word(0.6, 2.4, "Hello"),),
        title="A {b} c",
        thumbnail=clips_dir / "clip.jpg",
        thumbnail_at_s=1.0,
    )
    assert done.duration_s == pytest.approx(2.0, abs=1 / 25)
    assert done.verified.lufs == pytest.approx(-14, abs=1)
    assert done.verified.peak_dbtp <= -1.5
    assert left_in(clips_dir) == ["clip.jpg", "clip.mp4"]
    assert moov_first(done.path)
    shown = frames(tools, clips_dir / "clip.jpg", size=(108, 192))
    assert len(shown) == 108 * 192 * 3


def sources(make: Make, sample: Path) -> dict[str, Path]:
    """One of each odd kind, two seconds or so."""
    return {
        "no sound": make("mute2.mp4", *picture("testsrc2=s=320x180:r=25:d=2"), *QUICK),
        "sound alone": make("sound3.mp3", *tone(3)),
        "sixty frames": make("fast.mp4", *picture("testsrc2=s=640x360:r=60:d=2"), *tone(2), *QUICK),
        "a hundred frames": make("faster.mp4", *picture("testsrc2=s=320x180:r=100:d=2"), *tone(2), *QUICK),
        "ten bits": make(
            "deep.mp4",
            *picture("testsrc2=s=320x180:r=25:d=2,format=yuv420p10le"),
            *tone(2),
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
        ),
        "odd sides": make("odd2.mkv", *picture("testsrc2=s=320x180:r=25:d=2,scale=321:183,setsar=1"), "-c:v", "ffv1"),
        "anamorphic": make("wide2.mp4", *picture("testsrc2=s=360x360:r=25:d=2,setsar=16/9"), *tone(2), *QUICK),
        "rotated": make("rotated2.mp4", "-display_rotation", "90", "-i", str(sample), "-c", "copy"),
        "upright": make("upright.mp4", *picture("testsrc2=s=360x640:r=25:d=2"), *tone(2), *QUICK),
        "uneven": make(
            "uneven.mkv",
            *picture("testsrc2=s=320x180:r=30:d=2,select='not(mod(n,3))+lt(n,15)'"),
            *tone(2),
            "-fps_mode",
            "vfr",
            *QUICK,
        ),
        "six channels": make(
            "six.mp4",
            *picture("testsrc2=s=320x180:r=25:d=2"),
            "-f",
            "lavfi",
            "-i",
            "anoisesrc=d=2:a=0.1,aformat=channel_layouts=5.1",
            *QUICK,
        ),
        "late sound": make(
            "late.mp4", *picture("testsrc2=s=320x180:r=25:d=2"), "-itsoffset", "0.7", *tone(1.2), *QUICK
        ),
        "short picture": make("brief.mp4", *picture("testsrc2=s=320x180:r=25:d=1"), *tone(2.5), *QUICK),
    }


KINDS = [
    "no sound",
    "sound alone",
    "sixty frames",
    "a hundred frames",
    "ten bits",
    "odd sides",
    "anamorphic",
    "rotated",
    "upright",
    "uneven",
    "six channels",
    "late sound",
    "short picture",
]


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_source_becomes_the_same_kind_of_clip(
    tools: Tools,
    limits: Limits,
    make: Make,
    sample: Path,
    scratch: Path,
    clips_dir: Path,
    kind: str,
    left_behind: LeftBehind,
) -> None:
    done = await clip(sources(make, sample)[kind], tools, limits, scratch, clips_dir, Span(0.2, 1.9))
    seen = await probe(done.path, tools, limits)
    assert seen.video is not None
    assert (seen.video.width, seen.video.height, seen.video.sample_aspect) == (1080, 1920, 1.0)
    assert seen.video.fps <= 60.01
    assert done.duration_s == pytest.approx(1.7, abs=1 / done.fps + 0.022)
    assert left_behind() == []


async def test_half_a_second(tools: Tools, limits: Limits, make: Make, scratch: Path, clips_dir: Path) -> None:
    short = make("short2.mp4", *picture("testsrc2=s=320x180:r=30:d=0.5"), *tone(0.5), *QUICK)
    done = await clip(short, tools, limits, scratch, clips_dir, Span(0, 30))
    assert done.duration_s == pytest.approx(0.5, abs=0.05)


async def test_silence_is_not_amplified(
    tools: Tools, limits: Limits, make: Make, scratch: Path, clips_dir: Path
) -> None:
    hiss = ("-f", "lavfi", "-i", "anoisesrc=d=2:a=0.0005")
    hush = make("hush.mp4", *picture("testsrc2=s=320x180:r=25:d=2"), *hiss, *QUICK)
    done = await clip(hush, tools, limits, scratch, clips_dir, Span(0, 2))
    assert done.verified.lufs < -55


async def test_peaks_are_held_where_the_gain_would_clip(
    tools: Tools, limits: Limits, make: Make, scratch: Path, clips_dir: Path
) -> None:
    clicks = "aevalsrc='0.02*sin(880*PI*t)+0.9*lt(mod(t,0.5),0.002)*sin(6000*PI*t)':d=3:s=48000"
    spiky = make("spiky.mp4", *picture("testsrc2=s=320x180:r=25:d=3"), "-f", "lavfi", "-i", clicks, *QUICK)
    seen = await probe(spiky, tools, limits)
    levelling = await plan_levelling(spiky, seen, Span(0, 3), tools, limits)
    assert levelling.limit
    done = await clip(spiky, tools, limits, scratch, clips_dir, Span(0, 3))
    assert done.verified.peak_dbtp <= -1.5
    job = RenderJob(spiky, seen, Span(0, 3), (Version(Shape.VERTICAL, clips_dir / "hot.mp4"),))
    (again,) = await render(job, tools, limits, scratch=scratch, levelling=replace(levelling, ceiling_dbtp=-0.3))
    assert again.verified.peak_dbtp <= -1.5, "the sound was made again"


async def test_three_shapes_from_one_decode(
    tools: Tools, limits: Limits, sample: Path, scratch: Path, clips_dir: Path
) -> None:
    seen = await probe(sample, tools, limits)
    versions = tuple(Version(shape, clips_dir / f"{shape.name}.mp4") for shape in Shape)
    job = RenderJob(sample, seen, Span(0, 1), versions, words=(Word(0, 1, "Hi"),))
    done = await render(job, tools, limits, scratch=scratch)
    assert [(one.shape, one.path) for one in done] == [(shape, clips_dir / f"{shape.name}.mp4") for shape in Shape]
    made = await stills(done[0].path, 1.0, 3, 320, tools, limits, scratch=scratch)
    for still in made:
        with Image.open(still) as image:
            assert image.size == (180, 320)
    assert len({still.read_bytes() for still in made}) == 3


async def test_the_camera_moves_as_planned(
    tools: Tools, limits: Limits, make: Make, scratch: Path, clips_dir: Path
) -> None:
    """The left half is black, the right half white: a jump of the crop shows in the brightness."""
    halves = make("halves.mp4", *picture("color=black:s=320x180:r=25:d=2,drawbox=160:0:160:180:white:fill"), *QUICK)
    seen = await probe(halves, tools, limits)
    plan = CropPlan(Framing.CROP, 101, 180, 0, 0, (Move(1.0, 1.0, 0, 200),))
    version = Version(Shape.VERTICAL, clips_dir / "c.mp4", plan)
    job = RenderJob(halves, seen, Span(0, 2), (version,), moving=False, lit=False)
    await render(job, tools, limits, scratch=scratch)
    light = np.frombuffer(frames(tools, clips_dir / "c.mp4", size=(2, 2)), np.uint8).reshape(50, -1).mean(axis=1)
    assert light[:25].max() < 40
    assert light[25:].min() > 200


async def test_a_crop_counts_in_pixels_as_they_are_seen(
    tools: Tools, limits: Limits, make: Make, scratch: Path, clips_dir: Path
) -> None:
    """Anamorphic: stored 160 wide, seen 320 wide, black up to 160; a crop from 90 to 140 is all black."""
    chain = "color=black:s=160x180:r=25:d=1,drawbox=80:0:80:180:white:fill,setsar=2"
    halves = make("halves2.mp4", *picture(chain), *QUICK)
    version = Version(Shape.VERTICAL, clips_dir / "c.mp4", CropPlan(Framing.CROP, 50, 90, 90, 0))
    job = RenderJob(halves, await probe(halves, tools, limits), Span(0, 1), (version,), moving=False, lit=False)
    await render(job, tools, limits, scratch=scratch)
    assert max(frames(tools, clips_dir / "c.mp4", size=(2, 2))) < 40


async def test_a_time_beyond_the_end(
    tools: Tools, limits: Limits, sample: Path, scratch: Path, clips_dir: Path
) -> None:
    seen = await probe(sample, tools, limits)
    job = RenderJob(sample, seen, Span(90, 120), (Version(Shape.VERTICAL, clips_dir / "c.mp4"),))
    with pytest.raises(BadInput, match="beyond the end"):
        await render(job, tools, limits, scratch=scratch)
    assert left_in(scratch) == left_in(clips_dir) == []


async def test_a_full_disk_leaves_nothing(
    tools: Tools, limits: Limits, sample: Path, tiny_disk: TinyDisk, clips_dir: Path, left_behind: LeftBehind
) -> None:
    """Where a small file system can't be mounted, the limit on a file's size stands in for it."""
    bounds = limits if tiny_disk.real else replace(limits, file_bytes=100_000)
    seen = await probe(sample, tools, limits)
    job = RenderJob(sample, seen, Span(0, 3), (Version(Shape.VERTICAL, clips_dir / "c.mp4"),))
    with pytest.raises(DiskFull if tiny_disk.real else MediaFailed) as caught:
        await render(job, tools, bounds, scratch=tiny_disk.folder)
    assert caught.value.hint
    assert left_in(tiny_disk.folder) == left_in(clips_dir) == []
    assert left_behind() == []


async def test_cancelling_leaves_nothing(
    tools: Tools, limits: Limits, sample: Path, scratch: Path, clips_dir: Path, left_behind: LeftBehind
) -> None:
    seen = await probe(sample, tools, limits)
    job = RenderJob(sample, seen, Span(0, 3), (Version(Shape.VERTICAL, clips_dir / "c.mp4"),))
    moving = asyncio.Event()
    task = asyncio.create_task(render(job, tools, limits, scratch=scratch, progress=lambda _: moving.set()))
    await moving.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_in(scratch) == left_in(clips_dir) == []
    assert left_behind() == []


async def test_the_check_names_what_is_wrong(tools: Tools, limits: Limits, sample: Path, make: Make) -> None:
    with pytest.raises(CheckFailed) as caught:
        await verify(sample, Expected(1080, 1920, 9.0, 30.0, -14.0), tools, limits)
    for fault in ("640x360", "frame rate is 25", "lasts 3.0", "LUFS instead of", "index is not at the front"):
        assert fault in caught.value.detail
    black = make("black.mp4", *picture("color=black:s=64x64:r=2:d=12"), *tone(12), "-g", "4", *QUICK)
    with pytest.raises(CheckFailed) as caught:
        await verify(black, Expected(64, 64, 12.0, 2.0, -14.0), tools, limits)
    assert "is black" in caught.value.detail
    assert "stands still" in caught.value.detail


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (23.976, "24000/1001"),
        (24, "24"),
        (25, "25"),
        (29.97, "30000/1001"),
        (28.73, "30000/1001"),
        (30, "30"),
        (48, "50"),
        (59.94, "60000/1001"),
        (120, "60"),
        (7.2, "30"),
    ],
)
def test_the_rate_of_a_clip(source: float, wanted: str) -> None:
    assert output_fps(VideoStream(0, "h264", "yuv420p", 2, 2, 2, 2, 0, 1.0, source, 8))[0] == wanted
