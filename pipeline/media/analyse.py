"""One pass over a source: small grey frames and 16 kHz sound in, an `Analysis` out.

The decoder skips frames that no other frame needs and the loop filter, which halves its cost. Encoders put a key
frame on a cut, so cuts stay exact; where they don't, a cut may be seen as many frames late as were skipped (2 or 3).
"""

import asyncio
from pathlib import Path

import ffmpeg
import numpy as np

from pipeline.media.analysis import Analysis
from pipeline.media.command import Command, ffmpeg_command, source, url
from pipeline.media.picture import PictureMeter, find_cuts
from pipeline.media.runner import Progress, started
from pipeline.media.sound import PCM_RATE_HZ, SoundFeatures, sound_features
from pipeline.media.tools import Limits, Tools
from pipeline.model import Probe, Span, VideoStream

LONG_SIDE, SHORT_SIDE = 96, 54
MOST_FPS = 30.0
LEAST_FPS = 10.0


async def analyse(
    path: Path,
    probe: Probe,
    tools: Tools,
    limits: Limits,
    *,
    pcm: Path,
    span: Span | None = None,
    progress: Progress | None = None,
) -> Analysis:
    """Measures `span` (default: all) of a probed file in one decode and in bounded memory.

    The sound is written to `pcm` (signed 16-bit little-endian mono at 16 kHz, sample 0 at the start of the span;
    not written when there is none); the folder of `pcm` is the only one that the tool may write to.
    Raises BadInput, DiskFull, MediaFailed or Unavailable.
    """
    span = span or Span(0.0, probe.duration_s)
    rate_hz = _rate(probe.video)
    width, height = _size(probe.video)
    meter = PictureMeter(width, height, rate_hz)
    command = _command(path, probe, tools, limits, pcm, span, rate_hz)
    async with started(command, limits) as running:
        while data := await running.read():
            meter.feed(data)
            if progress is not None:
                progress(min(meter.frames / rate_hz / span.length_s, 0.99))
        await running.finish()
    sound = await asyncio.to_thread(sound_features, pcm) if probe.audio else _silence()
    if progress is not None:
        progress(1.0)
    motion, brightness, sharpness, columns, lit = meter.result()
    score, cuts = find_cuts(motion, rate_hz)
    return Analysis(
        span=span,
        frame_rate_hz=rate_hz,
        motion=motion,
        cut_score=score,
        brightness=brightness,
        sharpness=sharpness,
        columns=columns,
        lit=lit,
        cuts_s=cuts + span.start_s,
        rms_db=sound.rms_db,
        loudness_lufs=sound.loudness_lufs,
        flux=sound.flux,
        zero_crossing=sound.zero_crossing,
    )


def _rate(video: VideoStream | None) -> float:
    return 0.0 if video is None else float(np.clip(video.fps, LEAST_FPS, MOST_FPS))


def _size(video: VideoStream | None) -> tuple[int, int]:
    upright = video is not None and video.height > video.width
    return (SHORT_SIDE, LONG_SIDE) if upright else (LONG_SIDE, SHORT_SIDE)


def _command(path: Path, probe: Probe, tools: Tools, limits: Limits, pcm: Path, span: Span, rate_hz: float) -> Command:
    hurry = {"skip_loop_filter": "all", "skip_frame": "noref"} if probe.video is not None else {}
    opened = source(path, limits, span=span, **hurry)
    outputs = []
    if probe.video is not None:
        width, height = _size(probe.video)
        small = opened[str(probe.video.index)].filter("scale", width, height, flags="area").filter("format", "gray")
        steady = small.filter("fps", fps=f"{rate_hz:.6f}", start_time=0)
        outputs.append(ffmpeg.output(steady, "pipe:1", format="rawvideo", fps_mode="passthrough"))
    if probe.audio is not None:
        even = opened[str(probe.audio.index)].filter("aresample", PCM_RATE_HZ, **{"async": 1, "first_pts": 0})
        outputs.append(ffmpeg.output(even, url(pcm), format="s16le", ac=1, ar=PCM_RATE_HZ))
    return ffmpeg_command(tools, outputs, reads=[path], scratch=pcm.parent)


def _silence() -> SoundFeatures:
    none = np.zeros(0, np.float32)
    return SoundFeatures(none, none, none, none)
