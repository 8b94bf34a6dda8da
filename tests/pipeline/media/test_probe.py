"""What probing accepts, what it refuses, and what it says then."""

import asyncio
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from clipnet.errors import BadInput
from pipeline.media.probe import probe
from pipeline.media.tools import Limits, Tools
from pipeline.model import Probe
from tests.pipeline.media.conftest import QUICK, Make, picture, tone


def size_of(path: Path) -> int:
    return path.stat().st_size


def shortened(path: Path, into: Path) -> None:
    data = path.read_bytes()
    into.write_bytes(data[: len(data) * 6 // 10])


def claiming_weeks(path: Path, into: Path) -> None:
    """The same file with headers that give the longest time that fits them."""
    data = bytearray(path.read_bytes())
    for box in (b"mvhd", b"mdhd"):
        struct.pack_into(">I", data, data.index(box) + 4 + 16, 2**32 - 1)
    into.write_bytes(data)


async def refused(path: Path, tools: Tools, limits: Limits) -> str:
    with pytest.raises(BadInput) as caught:
        await probe(path, tools, limits)
    assert caught.value.hint
    return caught.value.sentence


async def test_a_plain_video(tools: Tools, limits: Limits, sample: Path) -> None:
    seen = await probe(sample, tools, limits)
    assert seen.video is not None
    assert seen.audio is not None
    assert (seen.video.width, seen.video.height, seen.video.fps, seen.video.bit_depth) == (640, 360, 25.0, 8)
    assert (seen.audio.codec, seen.audio.channels) == ("aac", 1)
    assert seen.duration_s == pytest.approx(3.0, abs=0.05)
    assert seen.bytes == size_of(sample)


async def test_odd_pictures(tools: Tools, limits: Limits, make: Make, sample: Path) -> None:
    rotated = make("rotated.mp4", "-display_rotation", "90", "-i", str(sample), "-c", "copy")
    wide = make("wide.mp4", *picture("testsrc2=s=360x360:r=25:d=1,setsar=2"), *QUICK)
    odd = make("odd.mkv", *picture("testsrc2=s=320x180:r=25:d=1,scale=321:183,setsar=1"), "-c:v", "ffv1")
    deep = make("deep.mkv", *picture("testsrc2=s=320x180:r=60:d=1,format=yuv420p10le"), "-c:v", "ffv1")
    found: list[Probe] = list(await asyncio.gather(*(probe(p, tools, limits) for p in (rotated, wide, odd, deep))))
    videos = [seen.video for seen in found if seen.video is not None]
    assert [(video.width, video.height) for video in videos] == [(360, 640), (720, 360), (321, 183), (320, 180)]
    assert videos[0].rotation in (90, 270)
    assert videos[1].sample_aspect == 2.0
    assert (videos[3].bit_depth, videos[3].fps) == (10, 60.0)


async def test_sound_alone_and_picture_alone(tools: Tools, limits: Limits, make: Make) -> None:
    sound = await probe(make("sound.mp3", *tone(2)), tools, limits)
    assert sound.video is None
    assert sound.audio is not None
    mute = await probe(make("mute.mp4", *picture("testsrc2=s=320x180:r=25:d=1"), *QUICK), tools, limits)
    assert mute.audio is None
    assert mute.video is not None


async def test_a_cover_picture_is_no_video(tools: Tools, limits: Limits, make: Make) -> None:
    cover = make("cover.jpg", *picture("testsrc2=s=200x200:d=1"), "-frames:v", "1")
    song = make("song.mp3", *tone(2), "-i", str(cover), "-map", "0", "-map", "1", "-disposition:v", "attached_pic")
    assert (await probe(song, tools, limits)).video is None


async def test_a_truncated_file_gives_its_usable_part(
    tools: Tools, limits: Limits, make: Make, sample: Path, tmp_path: Path
) -> None:
    front = make("front.mp4", "-i", str(sample), "-c", "copy", "-movflags", "+faststart")
    cut = tmp_path / "cut.mp4"
    shortened(front, cut)
    seen = await probe(cut, tools, limits)
    assert 1.0 < seen.duration_s < 2.6


@pytest.mark.req("R-065", "negative")
async def test_a_file_that_lost_its_index_is_refused(
    tools: Tools, limits: Limits, sample: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.mp4"
    shortened(sample, cut)
    assert "damaged" in await refused(cut, tools, limits)


@pytest.mark.req("R-065", "negative")
async def test_a_length_that_the_header_makes_up_is_not_believed(
    tools: Tools, limits: Limits, sample: Path, tmp_path: Path
) -> None:
    liar = tmp_path / "liar.mp4"
    claiming_weeks(sample, liar)
    assert (await probe(liar, tools, limits)).duration_s == pytest.approx(3.0, abs=0.1)


@pytest.mark.req("R-065", "negative")
async def test_what_is_no_video(tools: Tools, limits: Limits, tmp_path: Path) -> None:
    text, empty = tmp_path / "text.mp4", tmp_path / "empty.mp4"
    text.write_text("nothing but words\n" * 400)
    empty.touch()
    assert "not a video" in await refused(text, tools, limits)
    assert await refused(empty, tools, limits) == "The file is empty."
    assert await refused(tmp_path / "absent.mp4", tools, limits) == "There is no such file."
    assert await refused(tmp_path, tools, limits) == "This is not a file."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hls.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://{other}\n#EXT-X-ENDLIST\n"),
        ("hls.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{other}\n#EXT-X-ENDLIST\n"),
        ("list.mp4", "ffconcat version 1.0\nfile {name}\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile {name}\n"),
    ],
)
async def test_a_playlist_reads_no_other_file(
    tools: Tools, limits: Limits, make: Make, tmp_path: Path, name: str, text: str
) -> None:
    other = tmp_path / "other.ts"
    other.write_bytes(make("other.ts", *picture("testsrc2=s=320x180:r=25:d=1"), *QUICK).read_bytes())
    assert (await probe(other, tools, limits)).video is not None
    trap = tmp_path / name
    trap.write_text(text.format(other=other, name=other.name))
    assert "not a video" in await refused(trap, tools, limits)


@pytest.mark.req("R-065", "negative")
async def test_too_long_too_large_too_many_pixels(tools: Tools, limits: Limits, sample: Path) -> None:
    assert "too long" in await refused(sample, tools, replace(limits, max_duration_s=2))
    assert "too large" in await refused(sample, tools, replace(limits, max_bytes=1000))
    assert "too large: more than" in await refused(sample, tools, replace(limits, max_pixels=100_000))


async def test_real_odd_files(tools: Tools, limits: Limits, media: Path) -> None:
    assert "no picture and no sound" in await refused(media / "corrupt-nomoov.mp4", tools, limits)
    partial = await probe(media / "truncated-composed.mp4", tools, limits)
    assert 20 < partial.duration_s < 24.1
    uneven = await probe(media / "vfr-screen-9s.mp4", tools, limits)
    assert uneven.video is not None
    assert (uneven.video.width, uneven.video.height) == (3026, 1386)
    assert uneven.video.fps == pytest.approx(7.2, abs=0.1)
    webb = await probe(media / "nasa-webb-13s-speech.mp4", tools, limits)
    assert webb.video is not None
    assert (webb.video.width, webb.video.index) == (480, 3)
