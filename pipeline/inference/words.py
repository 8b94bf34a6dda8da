"""Mends what a recogniser says about when words were spoken."""

import math
from collections.abc import Iterable

from pipeline.model import Span, Word

LEAST_S = 0.02
"""No word is shorter, unless more words than fit are squeezed into the span."""


def repaired(words: Iterable[Word], span: Span) -> tuple[Word, ...]:
    """The same words in the same order, inside `span`, never overlapping and none of zero length.

    Words without a time get one between their neighbours; blank ones are left out. All numbers are plain floats.
    """
    kept = [word for word in words if word.text.strip()]
    if not kept:
        return ()
    least_s = min(LEAST_S, span.length_s / len(kept) / 2)
    starts = _rising([float(word.start_s) for word in kept], span, least_s)
    limits = [*starts[1:], span.end_s]
    return tuple(
        Word(start, _end(float(word.end_s), start + least_s, limit), word.text.strip(), _share(float(word.probability)))
        for word, start, limit in zip(kept, starts, limits, strict=True)
    )


def _rising(starts: list[float], span: Span, least_s: float) -> list[float]:
    """Starts at least `least_s` apart, the last one `least_s` before the end of the span."""
    risen: list[float] = []
    for start in starts:
        floor = risen[-1] + least_s if risen else span.start_s
        risen.append(floor if math.isnan(start) else max(start, floor))
    ceiling = span.end_s - least_s
    for index in range(len(risen) - 1, -1, -1):
        risen[index] = min(risen[index], ceiling)
        ceiling = risen[index] - least_s
    return [max(start, span.start_s) for start in risen]


def _end(end: float, least: float, limit: float) -> float:
    return limit if math.isnan(end) else max(min(end, limit), min(least, limit))


def _share(value: float) -> float:
    return 0.0 if math.isnan(value) else min(max(value, 0.0), 1.0)
