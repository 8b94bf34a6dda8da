"""Judges a selection against labelled moments, beside what needs no intelligence at all.

Labels are times in seconds. Anybody with labelled data can call `hit_share` on their own selection.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.highlights.material import Material
from pipeline.model import Span

NEAR_S = 10.0


def hit_share(chosen: Sequence[Span], labels_s: Sequence[float]) -> float:
    """The share of labelled moments that lie in a chosen span."""
    hit = [any(span.start_s <= at_s < span.end_s for span in chosen) for at_s in labels_s]
    return sum(hit) / len(hit) if hit else 1.0


def precision(peaks_s: Sequence[float], labels_s: Sequence[float], near_s: float = NEAR_S) -> float:
    """The share of peaks that lie within `near_s` of a labelled moment."""
    good = [any(abs(peak - at_s) <= near_s for at_s in labels_s) for peak in peaks_s]
    return sum(good) / len(good) if good else 0.0


def peaks(values: Sequence[float], most: int, apart_s: float = 30.0) -> list[float]:
    """Middles of the `most` highest seconds that are `apart_s` from each other."""
    left = np.array(values, np.float64)
    found: list[float] = []
    for _ in range(most):
        at = int(np.argmax(left))
        if not np.isfinite(left[at]):
            break
        found.append(at + 0.5)
        left[max(0, int(at - apart_s)) : int(at + apart_s) + 1] = -np.inf
    return found


def uniform(material: Material, count: int, length_s: float) -> list[Span]:
    """Evenly spaced spans."""
    step_s = material.span.length_s / count
    middles = [material.span.start_s + (index + 0.5) * step_s for index in range(count)]
    return [Span(middle - length_s / 2, middle + length_s / 2) for middle in middles]


def random(material: Material, count: int, length_s: float, seed: int) -> list[Span]:
    """Spans anywhere."""
    latest_s = material.span.end_s - length_s
    starts = np.random.default_rng(seed).uniform(material.span.start_s, latest_s, count)
    return [Span(float(start), float(start) + length_s) for start in starts]


def loudest(material: Material, count: int, length_s: float) -> list[Span]:
    """The loudest windows that don't overlap."""
    length = round(length_s)
    windows = np.lib.stride_tricks.sliding_window_view(10 ** (material.loudness_lufs / 10), length).mean(axis=1)
    starts = [peak - 0.5 for peak in peaks(windows.tolist(), count, apart_s=length_s)]
    return [Span(material.span.start_s + start, material.span.start_s + start + length_s) for start in starts]
