"""Where the subject of a shot is, from moment to moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.media.analysis import COLUMN_RATE_HZ, Analysis
from pipeline.media.faces import Face
from pipeline.model import Span

SAMPLE_S = 1 / COLUMN_RATE_HZ
MOTION_NOISE = 0.2
SMOOTH_S = 1.5
CONFIRM = 3


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """Its middle across the picture, one value per `SAMPLE_S`; `sure` when it is a face and not only motion."""

    centres: NDArray[np.float64]
    sure: bool


def find_subject(shot: Span, analysis: Analysis, faces: Sequence[Face]) -> Subject:
    """Follows a face where one was seen, else the centre of motion; `centres` are shares of the picture's width."""
    count = max(round(shot.length_s / SAMPLE_S), 1)
    seen = sorted(_steady_faces([face for face in faces if shot.start_s <= face.at_s < shot.end_s]))
    if len(seen) >= 2 or (seen and shot.length_s < 2):
        times = shot.start_s + (np.arange(count) + 0.5) * SAMPLE_S
        places = without_spikes(np.array([x for _, x in seen]))
        return Subject(np.interp(times, [at for at, _ in seen], places), sure=True)
    first = max(round((shot.start_s - analysis.span.start_s) * COLUMN_RATE_HZ), 0)
    return Subject(_motion_centre(analysis.columns[first : first + count], count), sure=False)


def without_spikes(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """A running median that a jump passes only when it is seen `CONFIRM` times in a row."""
    half = CONFIRM - 1
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(places, half, mode="edge"), 2 * half + 1)
    return np.asarray(np.median(windows, axis=1))


def _steady_faces(faces: Sequence[Face]) -> Iterator[tuple[float, float]]:
    """One face per moment: the largest, but the one shown before unless another is half as large again."""
    last: Face | None = None
    for at_s in sorted({face.at_s for face in faces}):
        here = [face for face in faces if face.at_s == at_s]
        best = max(here, key=lambda face: face.area)
        if last is not None:
            before_x = last.centre_x
            near = min(here, key=lambda face: abs(face.centre_x - before_x))
            if abs(near.centre_x - before_x) < 0.15 and best.area < 1.5 * near.area:
                best = near
        last = best
        yield at_s, best.centre_x


def _motion_centre(columns: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    """The centre of motion, smoothed and pulled to the middle where little moves."""
    if len(columns) == 0:
        return np.full(count, 0.5)
    energy = np.maximum(columns - np.median(columns, axis=1, keepdims=True), 0).astype(np.float64)
    places = (np.arange(columns.shape[1]) + 0.5) / columns.shape[1]
    kernel = np.hanning(2 * round(SMOOTH_S / SAMPLE_S) + 1)
    weight = _smooth(energy.sum(axis=1), kernel)
    moment = _smooth(energy @ places, kernel)
    rest = 0.05 * float(weight.max()) + MOTION_NOISE
    centres = (moment + 0.5 * rest) / (weight + rest)
    return np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(centres)), centres)


def _smooth(values: NDArray[np.float64], kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    half = len(kernel) // 2
    return np.convolve(np.pad(values, half, mode="edge"), kernel / kernel.sum(), mode="valid")
