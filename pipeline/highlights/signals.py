"""The signals: for each second how far it stands out, as robust z-scores that can be added up."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.highlights.chat import chat_rate, counted_rate
from pipeline.highlights.language import marking, salience, spread
from pipeline.highlights.material import Material, Track

SMOOTH_S = 2.0
LOUDNESS_BACKGROUND_S = 30
LEAST_Z, MOST_Z = -2.0, 5.0
"""Nothing counts for more than five deviations, so that one freak second can't outvote all else."""
CUT_REACH_S = 5.0
MARKER_REACH_S = 20.0
AUDIBLE_LUFS = -45.0
VERSION = "1"


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """z-scores by name, one value per second of the material; only signals that its material allows are there."""

    rows: dict[str, Track]

    @property
    def seconds(self) -> int:
        return len(next(iter(self.rows.values()))) if self.rows else 0


def measure(material: Material) -> Signals:
    """All signals that the material allows. Flat ones are all zero."""
    rows = {name: raw for name, of in SIGNALS.items() if len(raw := of(material))}
    return Signals({name: robust_z(smooth(_fit(raw, material.seconds))) for name, raw in rows.items()})


def smooth(values: Track, sigma_s: float = SMOOTH_S) -> Track:
    """A Gaussian blur that keeps the length; edges are mirrored."""
    reach = int(np.ceil(3 * sigma_s))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_s) ** 2)
    padded = np.pad(values, reach, mode="symmetric")
    return np.asarray(np.convolve(padded, kernel / kernel.sum(), mode="valid"))


def robust_z(values: Track) -> Track:
    """Deviations from the median in units of the median absolute deviation, clipped; zeros when nothing varies."""
    centred = values - np.median(values)
    scale = 1.4826 * float(np.median(np.abs(centred)))
    spread_all = float(np.std(values))
    # Sparse signals (chat, markers) are mostly zero: their MAD says nothing.
    scale = max(scale, 0.3 * spread_all)
    if scale < 1e-9 * max(1.0, float(np.abs(values).max())):
        return np.zeros(len(values))
    return np.clip(centred / scale, LEAST_Z, MOST_Z)


def _fit(values: Track, seconds: int) -> Track:
    """Cut or filled up to the number of seconds."""
    short = seconds - len(values)
    return values[:seconds] if short <= 0 else np.pad(values, (0, short), mode="edge")


def _onset(material: Material) -> Track:
    """Loudness above the median of its surroundings, so that a loud film isn't loud throughout."""
    values = material.loudness_lufs
    if not len(values):
        return values
    padded = np.pad(values, LOUDNESS_BACKGROUND_S // 2, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, LOUDNESS_BACKGROUND_S + 1)
    return np.asarray(values - np.median(windows, axis=1)[: len(values)])


def _noise(material: Material) -> Track:
    """Broadband bursts, as of laughter and applause: a restless and hissing spectrum where there is sound at all."""
    if not len(material.flux):
        return material.flux
    audible = material.loudness_lufs > AUDIBLE_LUFS
    return np.where(audible, robust_z(material.flux) + robust_z(material.zero_crossing), 0.0)


def _motion(material: Material) -> Track:
    """Movement, on a scale where twice as much is one step more."""
    return np.log1p(material.motion)


def _cuts(material: Material) -> Track:
    """Hard cuts within `CUT_REACH_S`; empty without a picture."""
    if not len(material.motion):
        return material.motion
    return _within(material, material.cuts_s, -CUT_REACH_S, CUT_REACH_S)


def _pace(material: Material) -> Track:
    ones = [1.0] * len(material.words)
    return spread(material.words, ones, material.span, material.seconds) if material.words else np.zeros(0)


def _phrases(material: Material) -> Track:
    if not material.words:
        return np.zeros(0)
    return spread(material.words, [marking(word) for word in material.words], material.span, material.seconds)


def _salience(material: Material) -> Track:
    if not material.words:
        return np.zeros(0)
    return spread(material.words, salience(material.words), material.span, material.seconds)


def _chat(material: Material) -> Track:
    if material.chat:
        return chat_rate(material.chat, material.span, material.seconds)
    if material.chat_counts:
        return counted_rate(material.chat_counts, material.span, material.seconds)
    return np.zeros(0)


def _markers(material: Material) -> Track:
    """Somebody asked for a clip: of what came in the `MARKER_REACH_S` before."""
    if not material.markers_s:
        return np.zeros(0)
    return _within(material, np.array(material.markers_s), 0.0, MARKER_REACH_S)


def _within(material: Material, times_s: Track, from_s: float, to_s: float) -> Track:
    """For each second how many of `times_s` come `from_s` to `to_s` after it."""
    times = np.sort(times_s)
    middle_s = material.span.start_s + np.arange(material.seconds) + 0.5
    counts = np.searchsorted(times, middle_s + to_s, "right") - np.searchsorted(times, middle_s + from_s, "left")
    return np.asarray(counts, np.float64)


SIGNALS: dict[str, Callable[[Material], Track]] = {
    "loudness": _onset,
    "noise": _noise,
    "motion": _motion,
    "cuts": _cuts,
    "pace": _pace,
    "phrases": _phrases,
    "salience": _salience,
    "chat": _chat,
    "markers": _markers,
}
