"""Adds the signals up to one score that can be explained."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.highlights.material import Track
from pipeline.highlights.signals import Signals
from pipeline.model import Span

WEIGHTS: Mapping[str, float] = {
    "loudness": 1.0,
    "noise": 0.6,
    "motion": 0.7,
    "cuts": 0.3,
    "pace": 0.4,
    "phrases": 0.7,
    "salience": 0.5,
    "chat": 2.0,
    "markers": 3.0,
}
PEAK_S = 5
"""A clip is judged half by its best seconds, that many, half by all of it."""
STEEPNESS = 0.6
VERSION = "1"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How good a span is.

    Attributes:
        score: 0 to 1; 0.5 is as good as the material is on the whole.
        values: each signal alone on the same scale.
        shares: what each signal added to the score, before it was brought to that scale; may be negative.
    """

    score: float
    values: dict[str, float]
    shares: dict[str, float]

    def top(self, most: int) -> list[str]:
        """The signals that spoke most for the span, strongest first; only those that did."""
        ranked = sorted(self.shares.items(), key=lambda pair: (-pair[1], pair[0]))
        return [name for name, share in ranked[:most] if share > 0.02]


def shares_of(signals: Signals, weights: Mapping[str, float] = WEIGHTS) -> dict[str, float]:
    """The weights of the signals that are there. Presence alone changes nothing: their squares sum up to 1."""
    there = {name: weights.get(name, 0.0) for name in signals.rows}
    norm = float(np.sqrt(sum(weight**2 for weight in there.values())))
    return {name: weight / norm for name, weight in there.items()} if norm else there


def curve(signals: Signals, weights: Mapping[str, float] = WEIGHTS) -> Track:
    """The weighted sum for each second."""
    total = np.zeros(signals.seconds)
    for name, weight in shares_of(signals, weights).items():
        total += weight * signals.rows[name]
    return total


def window_scores(total: Track, length_s: int) -> Track:
    """The raw score of each window of `length_s` whole seconds, by its first second."""
    length = max(1, min(length_s, len(total)))
    windows = np.lib.stride_tricks.sliding_window_view(total, length)
    peak = np.partition(windows, -min(PEAK_S, length), axis=1)[:, -min(PEAK_S, length) :].mean(axis=1)
    return np.asarray(0.5 * peak + 0.5 * windows.mean(axis=1))


def judge(signals: Signals, span: Span, start_s: float, weights: Mapping[str, float] = WEIGHTS) -> Verdict:
    """The verdict on `span`; `start_s` is the source's time of the signals' first second."""
    first = int(np.clip(span.start_s - start_s, 0, max(signals.seconds - 1, 0)))
    last = max(first + 1, int(np.ceil(span.end_s - start_s)))
    values: dict[str, float] = {}
    shares: dict[str, float] = {}
    for name, weight in shares_of(signals, weights).items():
        raw = float(window_scores(signals.rows[name][first:last], last - first)[0])
        values[name] = squash(raw)
        shares[name] = weight * raw
    raw_all = window_scores(curve(signals, weights)[first:last], last - first) if signals.rows else np.zeros(1)
    return Verdict(squash(float(raw_all[0])), values, shares)


def squash(value: float) -> float:
    """Any number onto 0 to 1; 0 becomes 0.5."""
    return float(1 / (1 + np.exp(-STEEPNESS * np.clip(value, -30, 30))))
