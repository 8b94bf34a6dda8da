"""A calm camera: the fewest places to stand from which the subject of a shot stays in its safe zone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.media.subject import SAMPLE_S, Subject, without_spikes

SAFE_ZONE = 0.25
"""Share of the crop's width, to each side of its middle, in which a subject may move without the camera."""
ROOM = 0.42
"""How far a subject may stray, as a share of the crop's width, before a short stay elsewhere is worth two pans."""
LEAST_HOLD_S = 1.5
PAN_LEAST_S = 0.8
PAN_SPEED = 0.45
"""Crop widths per second that a pan aims at."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The camera stands with its left edge at `left_px` from `start_s` to `end_s`, seconds from the shot's start."""

    start_s: float
    end_s: float
    left_px: int
    before_s: float = 0.0

    def pan_s(self, widths: float) -> tuple[float, float]:
        """When the pan into this place begins and ends, for a way of `widths` crop widths.

        It lies around the change of place and takes at most half of the holds on both sides.
        """
        half = max(PAN_LEAST_S, widths / PAN_SPEED) / 2
        begin = self.start_s - min(half, self.before_s / 2)
        return begin, self.start_s + min(half, (self.end_s - self.start_s) / 2)


def follow(subject: Subject, width: int, bounds: tuple[float, float]) -> list[Hold]:
    """Where the camera stands through a shot; positions are left edges in pixels within `bounds`.

    Since the whole shot is known, a place is held for as long as the subject's range fits the safe zone, and the
    pans lie around the moments when it no longer does.
    """
    centres = subject.centres if subject.sure else without_spikes(subject.centres)
    parts = _parts(centres, 2 * SAFE_ZONE * width)
    parts = _calmed(parts, centres, width, joined=not subject.sure)
    holds: list[Hold] = []
    for first, last in parts:
        low, high = centres[first:last].min(), centres[first:last].max()
        left = round(min(max((low + high) / 2 - width / 2, bounds[0]), bounds[1]))
        before_s = holds[-1].end_s - holds[-1].start_s if holds else 0.0
        if holds and abs(holds[-1].left_px - left) < 0.05 * width:
            holds[-1] = Hold(holds[-1].start_s, last * SAMPLE_S, holds[-1].left_px, holds[-1].before_s)
        else:
            holds.append(Hold(first * SAMPLE_S, last * SAMPLE_S, left, before_s))
    return holds


def _parts(centres: NDArray[np.float64], room: float) -> list[tuple[int, int]]:
    """Greedy division into the fewest stretches whose range is at most `room`."""
    parts: list[tuple[int, int]] = []
    first, low, high = 0, centres[0], centres[0]
    for index, centre in enumerate(centres):
        low, high = min(low, centre), max(high, centre)
        if high - low > room:
            parts.append((first, index))
            first, low, high = index, centre, centre
    return [*parts, (first, len(centres))]


def _calmed(
    parts: list[tuple[int, int]], centres: NDArray[np.float64], width: int, *, joined: bool
) -> list[tuple[int, int]]:
    """Joins a short stretch to the one before it, unless the subject would leave the frame then."""
    kept: list[tuple[int, int]] = []
    for first, last in parts:
        short = (last - first) * SAMPLE_S < LEAST_HOLD_S
        if kept and short and np.ptp(centres[kept[-1][0] : last]) <= 2 * ROOM * width:
            kept[-1] = (kept[-1][0], last)
        else:
            kept.append((first, last))
    if len(kept) > 1 and (kept[0][1] - kept[0][0]) * SAMPLE_S < LEAST_HOLD_S and joined:
        kept[:2] = [(0, kept[1][1])]
    return kept
