"""What one look at a source measured: `Analysis`, arrays over time that scoring, cropping and rendering read."""

import itertools
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.model import Span

Floats = NDArray[np.float32]

AUDIO_RATE_HZ = 10.0
"""Audio arrays hold one value per 100 ms."""
COLUMN_RATE_HZ = 5.0
"""Rows of `columns` per second."""
SILENCE_LUFS = -50.0
BLACK_LEVEL = 24.0
FROZEN_MOTION = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Signals of `span`; all times that come out of it are seconds from the start of the source.

    Picture (empty arrays without one), `frame_rate_hz` values per second: `motion` mean absolute change of grey
    levels (0 to 255) against the frame before, `cut_score` how far that stands out of its surroundings (a cut is
    ≥ 1), `brightness` mean grey level, `sharpness` mean gradient. `columns` is the motion per picture column, left to
    right, and `lit` the left, top, right and bottom of what isn't black bars (shares of the picture), both with
    `COLUMN_RATE_HZ` rows per second. `cuts_s` are the hard cuts.

    Sound (empty without one), `AUDIO_RATE_HZ` values per second, of the mono mix: `rms_db` in dBFS, `loudness_lufs`
    momentary loudness (400 ms), `flux` rise of the spectrum (0 to 1), `zero_crossing` share of sign changes (0 to 1).
    """

    span: Span
    frame_rate_hz: float
    motion: Floats
    cut_score: Floats
    brightness: Floats
    sharpness: Floats
    columns: Floats
    lit: Floats
    cuts_s: NDArray[np.float64]
    rms_db: Floats
    loudness_lufs: Floats
    flux: Floats
    zero_crossing: Floats

    @property
    def has_picture(self) -> bool:
        return len(self.motion) > 0

    @property
    def has_sound(self) -> bool:
        return len(self.rms_db) > 0

    def silences(self, *, below_lufs: float = SILENCE_LUFS, at_least_s: float = 0.3) -> list[Span]:
        """Stretches quieter than `below_lufs`."""
        return self._runs(self.loudness_lufs < below_lufs, AUDIO_RATE_HZ, at_least_s)

    def black(self, *, at_least_s: float = 0.2) -> list[Span]:
        """Stretches in which the picture is black."""
        return self._runs(self.brightness < BLACK_LEVEL, self.frame_rate_hz, at_least_s)

    def frozen(self, *, at_least_s: float = 2.0) -> list[Span]:
        """Stretches in which the picture stands still."""
        return self._runs(self.motion < FROZEN_MOTION, self.frame_rate_hz, at_least_s)

    def per_second(self, name: str) -> Floats:
        """The mean of one array ("motion", "loudness_lufs", …) for each second of the span."""
        values: Floats = getattr(self, name)
        rate = AUDIO_RATE_HZ if name in SOUND else COLUMN_RATE_HZ if name in ("columns", "lit") else self.frame_rate_hz
        seconds = int(np.ceil(self.span.length_s))
        edges = np.round(np.arange(seconds + 1) * rate).astype(int)
        parts = [values[a:b] for a, b in itertools.pairwise(edges)]
        empty = np.zeros(values.shape[1:], np.float32)
        return np.array([part.mean(axis=0) if len(part) else empty for part in parts], np.float32)

    def frame_index(self, at_s: float) -> int:
        """The index into the picture arrays of the frame shown at `at_s`."""
        return int(np.clip((at_s - self.span.start_s) * self.frame_rate_hz, 0, max(len(self.motion) - 1, 0)))

    def moves(self, span: Span) -> bool:
        """Whether the picture moves at all within `span`."""
        part = self.motion[self.frame_index(span.start_s) : self.frame_index(span.end_s) + 1]
        return bool((part > FROZEN_MOTION).sum() >= 3)

    def is_lit(self, span: Span) -> bool:
        """Whether most of `span` is not black."""
        part = self.brightness[self.frame_index(span.start_s) : self.frame_index(span.end_s) + 1]
        return bool(len(part) and float(np.median(part)) >= BLACK_LEVEL)

    def save(self, path: Path) -> None:
        """Writes an `.npz` file that `load` reads."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in SCALARS}
        scalars = np.array([self.span.start_s, self.span.end_s, self.frame_rate_hz])
        with path.open("wb") as file:
            np.savez_compressed(file, scalars=scalars, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Analysis":
        """Reads what `save` wrote; raises ValueError for anything else."""
        with np.load(path, allow_pickle=False) as stored:
            start_s, end_s, rate = (float(value) for value in stored["scalars"])
            names = [field.name for field in fields(cls) if field.name not in SCALARS]
            return cls(span=Span(start_s, end_s), frame_rate_hz=rate, **{name: stored[name] for name in names})

    def _runs(self, mask: NDArray[np.bool_], rate: float, at_least_s: float) -> list[Span]:
        edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
        spans = [
            Span(self.span.start_s + float(a) / rate, self.span.start_s + float(b) / rate)
            for a, b in zip(edges[::2], edges[1::2], strict=True)
        ]
        return [span for span in spans if span.length_s >= at_least_s]


SCALARS = ("span", "frame_rate_hz")
SOUND = ("rms_db", "loudness_lufs", "flux", "zero_crossing")
