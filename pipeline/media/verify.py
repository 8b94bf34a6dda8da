"""Looks at what was rendered before anybody is told that it is done."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from numpy.typing import NDArray

from clipnet.ending import together
from clipnet.texts import text
from pipeline.media.command import ffmpeg_command, source
from pipeline.media.errors import MediaFailed
from pipeline.media.loudness import CEILING_DBTP, SILENT_LUFS, TOLERANCE_LU, parse_summary
from pipeline.media.probe import look
from pipeline.media.runner import started
from pipeline.media.tools import Limits, Tools

MOST_OFFSET_S = 0.040
SMALL = (36, 64)
BLACK_LEVEL = 28.0
STILL_CHANGE = 0.005


@dataclass(frozen=True, slots=True)
class Expected:
    """What a finished clip must be; `lufs` is where its loudness was aimed, `moving` and `lit` what its source was."""

    width: int
    height: int
    duration_s: float
    fps: float
    lufs: float
    moving: bool = True
    lit: bool = True


@dataclass(frozen=True, slots=True)
class Verified:
    """What was measured in a finished clip.

    `brightness` is the grey level (0 to 255) that one pixel in a hundred passes; `change` the mean difference between
    key frames; `offset_s` how far apart picture and sound start.
    """

    duration_s: float
    lufs: float
    peak_dbtp: float
    offset_s: float
    brightness: float
    change: float


class CheckFailed(MediaFailed):
    """A rendered file is not what it should be; the detail names every fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(
            text("The finished clip did not pass its check."),
            hint=text("Try again; if it keeps happening, report it with the id."),
            detail="; ".join(faults),
        )


class TooLoud(CheckFailed):
    """All is right but the peaks, which are `by_db` too high: the sound alone can be made again."""

    def __init__(self, by_db: float) -> None:
        super().__init__([f"the true peak is {by_db:.1f} dB too high"])
        self.by_db = by_db


async def verify(path: Path, expected: Expected, tools: Tools, limits: Limits) -> Verified:
    """Checks streams, size, length, sync, loudness, picture and layout; raises CheckFailed, or TooLoud when
    only the peaks are wrong.

    Of the picture only key frames are decoded, so the check costs a small part of the encode.
    """
    async with together() as group:
        looking = group.create_task(look(path, tools, limits))
        glancing = group.create_task(_glance(path, tools, limits))
    seen, (frames, words) = looking.result(), glancing.result()
    loud = parse_summary(words)
    starts, ends = seen.get("starts_s", {}), seen.get("ends_s", {})
    change = float(np.abs(np.diff(frames.astype(np.int16), axis=0)).mean()) if len(frames) > 1 else 255.0
    measured = Verified(
        duration_s=float(seen.get("duration_s", 0)),
        lufs=loud.lufs,
        peak_dbtp=loud.peak_dbtp,
        offset_s=abs(starts.get("video", 0.0) - starts.get("audio", 0.0)),
        brightness=float(np.percentile(frames, 99)) if len(frames) else 0.0,
        change=change,
    )
    faults = [*_stream_faults(seen, expected), *_length_faults(ends, expected), *_measure_faults(measured, expected)]
    if not moov_first(path):
        faults.append("the index is not at the front")
    if faults:
        raise CheckFailed(faults)
    if measured.peak_dbtp > CEILING_DBTP:
        raise TooLoud(measured.peak_dbtp - CEILING_DBTP)
    return measured


def moov_first(path: Path) -> bool:
    """Whether an MP4's index stands before its data, so that it plays while it loads."""
    with path.open("rb") as file:
        while len(head := file.read(8)) == 8:
            size, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind in (b"moov", b"mdat"):
                return kind == b"moov"
            if size == 1:
                size = int.from_bytes(file.read(8), "big") - 8
            if size < 8:
                return False
            file.seek(size - 8, 1)
    return False


async def _glance(path: Path, tools: Tools, limits: Limits) -> tuple[NDArray[np.uint8], str]:
    """Small grey key frames, and the loudness summary of the whole sound."""
    opened = source(path, limits, skip_frame="nokey")
    small = opened.video.filter("scale", *SMALL, flags="area").filter("format", "gray")
    outputs = [
        ffmpeg.output(small, "pipe:1", format="rawvideo", fps_mode="passthrough"),
        ffmpeg.output(opened.audio.filter("ebur128", peak="true", framelog="quiet"), "/dev/null", format="null"),
    ]
    data = b""
    async with started(ffmpeg_command(tools, outputs, reads=[path], scratch=None, quiet=False), limits) as running:
        while chunk := await running.read():
            data += chunk
        words = await running.finish()
    size = SMALL[0] * SMALL[1]
    count = len(data) // size
    return np.frombuffer(data, np.uint8, count * size).reshape(count, size), words


def _stream_faults(seen: dict[str, Any], expected: Expected) -> list[str]:
    video, audio = seen.get("video"), seen.get("audio")
    if video is None or audio is None:
        return ["a stream is missing or doesn't decode"]
    faults = []
    if (video["codec"], audio["codec"]) != ("h264", "aac"):
        faults.append(f"the codecs are {video['codec']} and {audio['codec']}")
    if (video["width"], video["height"]) != (expected.width, expected.height):
        faults.append(f"the picture is {video['width']}x{video['height']}")
    if video["pixel_format"] != "yuv420p":
        faults.append(f"the pixel format is {video['pixel_format']}")
    if abs(video["fps"] - expected.fps) > 0.05:
        faults.append(f"the frame rate is {video['fps']:.3f}")
    return faults


def _length_faults(ends: dict[str, float], expected: Expected) -> list[str]:
    frame_s = 1 / expected.fps + 0.001
    aac_s = 1024 / 48_000
    return [
        f"the {kind} lasts {end_s:.3f} s instead of {expected.duration_s:.3f}"
        for kind, end_s in ends.items()
        if abs(end_s - expected.duration_s) > frame_s + (aac_s if kind == "audio" else 0)
    ]


def _measure_faults(measured: Verified, expected: Expected) -> list[str]:
    faults = []
    if measured.offset_s > MOST_OFFSET_S:
        faults.append(f"picture and sound start {measured.offset_s * 1000:.0f} ms apart")
    if expected.lufs >= SILENT_LUFS and abs(measured.lufs - expected.lufs) > TOLERANCE_LU:
        faults.append(f"the loudness is {measured.lufs:.1f} LUFS instead of {expected.lufs:.1f}")
    if expected.lit and measured.brightness < BLACK_LEVEL:
        faults.append("the picture is black")
    if expected.moving and measured.change < STILL_CHANGE:
        faults.append("the picture stands still")
    return faults
