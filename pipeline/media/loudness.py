"""How loud a stretch of sound is (EBU R128), and what brings it to the level that platforms expect."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ffmpeg

from pipeline.media.command import ffmpeg_command, source
from pipeline.media.runner import run
from pipeline.media.tools import Limits, Tools
from pipeline.model import Probe, Span

TARGET_LUFS = -14.0
TOLERANCE_LU = 1.0
CEILING_DBTP = -1.5
AIM_DBTP = -2.5
"""AAC was seen to add up to 1.1 dB to the peaks it is given; a clip that goes past the ceiling is levelled again."""
SILENT_LUFS = -55.0
MOST_GAIN_DB = 24.0
RATE_HZ = 48_000
SILENCE = -120.0


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness in LUFS and true peak in dBTP; both `SILENCE` where there is no sound."""

    lufs: float
    peak_dbtp: float


@dataclass(frozen=True, slots=True)
class Levelling:
    """A gain in dB, whether a limiter (at `ceiling_dbtp`) must follow it, and the loudness that it leads to."""

    gain_db: float
    limit: bool
    expected_lufs: float
    ceiling_dbtp: float = AIM_DBTP

    def lowered(self, by_db: float) -> "Levelling":
        """The same with peaks held `by_db` lower."""
        return replace(self, limit=True, ceiling_dbtp=self.ceiling_dbtp - by_db)


async def measure(
    path: Path, probe: Probe, span: Span | None, tools: Tools, limits: Limits, *, levelling: Levelling | None = None
) -> Loudness:
    """Measures the stereo mix of a span by an audio-only pass; `levelling` is applied first when given."""
    if probe.audio is None:
        return Loudness(SILENCE, SILENCE)
    sound = source(path, limits, span=span, vn=None)[str(probe.audio.index)]
    sound = level(stereo(sound), levelling).filter("ebur128", peak="true", framelog="quiet")
    output = ffmpeg.output(sound, "pipe:1", format="null")
    words = await run(ffmpeg_command(tools, [output], reads=[path], scratch=None, quiet=False), limits=limits)
    return parse_summary(words)


async def plan_levelling(path: Path, probe: Probe, span: Span, tools: Tools, limits: Limits) -> Levelling:
    """What brings a span to `TARGET_LUFS` under `AIM_DBTP`. Silence, and what is nearly that, is left as it is."""
    raw = await measure(path, probe, span, tools, limits)
    if raw.lufs < SILENT_LUFS:
        return Levelling(0.0, False, raw.lufs)
    gain_db = min(TARGET_LUFS - raw.lufs, MOST_GAIN_DB)
    planned = Levelling(gain_db, raw.peak_dbtp + gain_db > AIM_DBTP, raw.lufs + gain_db)
    if not planned.limit:
        return planned
    limited = await measure(path, probe, span, tools, limits, levelling=planned)
    lost_db = planned.expected_lufs - limited.lufs
    if lost_db < 0.4:
        return Levelling(gain_db, True, limited.lufs)
    raised = Levelling(gain_db + min(1.3 * lost_db, 6.0), True, planned.expected_lufs)
    again = await measure(path, probe, span, tools, limits, levelling=raised)
    return Levelling(raised.gain_db, True, again.lufs)


def stereo(sound: Any) -> Any:
    """Two channels at 48 kHz, gaps filled, sample 0 at the start of the span."""
    even = sound.filter("aresample", RATE_HZ, **{"async": 1, "first_pts": 0})
    return even.filter("aformat", channel_layouts="stereo")


def level(sound: Any, levelling: Levelling | None) -> Any:
    """Gain, then a limiter that works at four times the rate, so that peaks between samples are held too."""
    if levelling is None:
        return sound
    if levelling.gain_db:
        sound = sound.filter("volume", f"{levelling.gain_db:.2f}dB", precision="float")
    if levelling.limit:
        ceiling = f"{10 ** (levelling.ceiling_dbtp / 20):.4f}"
        sound = sound.filter("aresample", 4 * RATE_HZ)
        sound = sound.filter("alimiter", limit=ceiling, attack=4, release=60, level="disabled", latency=1)
        sound = sound.filter("aresample", RATE_HZ)
    return sound


def parse_summary(words: str) -> Loudness:
    """Reads what the ebur128 filter prints at its end."""
    lufs = re.findall(r"I:\s+(-?[\d.]+|-inf) LUFS", words)
    peak = re.findall(r"Peak:\s+(-?[\d.]+|-inf) dBFS", words)
    return Loudness(*(SILENCE if not found or found[-1] == "-inf" else float(found[-1]) for found in (lufs, peak)))
