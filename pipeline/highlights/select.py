"""Chooses the moments: explicit wishes first, else the best spans that don't overlap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clipnet.errors import BadInput
from clipnet.texts import text
from pipeline.highlights.edges import Edges, Fits
from pipeline.highlights.find import Match, find_phrase
from pipeline.highlights.material import Material
from pipeline.highlights.reasons import clock, reason_for
from pipeline.highlights.score import WEIGHTS, Verdict, curve, judge, window_scores
from pipeline.highlights.signals import Signals
from pipeline.model import Span
from pipeline.options import MIN_LENGTH_S, ClipOptions

ENOUGH = 4
"""Clips from a source of `LONG_SOURCE_S` or more, when nobody says how many."""
LONG_SOURCE_S = 240.0
SHORTER, LONGER = 0.7, 1.3
"""How far a clip's length may stray from the wished one."""
SHORTENED = 0.85
"""How much shorter clips are tried, again and again, until there is room for as many as are asked for."""
LEAST_S = 1.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A chosen span; the first of several is the best."""

    span: Span
    verdict: Verdict
    reason: str


def how_many(options: ClipOptions, length_s: float) -> int:
    """How many clips a source of that length should yield when nobody says it."""
    wanted = ENOUGH if length_s >= LONG_SOURCE_S else 1 + int(length_s // 75)
    return max(1, min(wanted, int(length_s // (options.length_s * SHORTER)) or 1))


def select(
    material: Material,
    signals: Signals,
    options: ClipOptions,
    weights: Mapping[str, float] = WEIGHTS,
    *,
    avoid: Sequence[Span] = (),
) -> list[Moment]:
    """At least one moment, best first; deterministic.

    As many as are asked for, if need be shorter than wished, as far as there is room for `MIN_LENGTH_S` each.

    Args:
        avoid: spans that no moment may touch: they were taken down.

    Raises:
        BadInput: the asked-for time lies beyond the end, or the phrase isn't said, or `avoid` leaves nothing.
    """
    chooser = _Chooser(material, signals, options, weights, avoid=avoid)
    if options.range is not None:
        return [chooser.explicit(options.range)]
    if options.at_s is not None:
        return [chooser.around(options.at_s)]
    if options.find is not None:
        return chooser.found(options.find)
    if options.count is not None:
        return _as_many(options.count, chooser)
    return chooser.best(how_many(options, material.span.length_s))


def _as_many(count: int, chooser: "_Chooser") -> list[Moment]:
    """That many moments, as long as they can be; where there is no room for so many, the most that there are."""
    most: list[Moment] = []
    while True:
        moments = chooser.best(count)
        most = moments if len(moments) > len(most) else most
        if len(most) == count or chooser.length_s <= MIN_LENGTH_S:
            return most
        chooser = chooser.shortened(max(MIN_LENGTH_S, SHORTENED * chooser.length_s))


class _Chooser:
    def __init__(
        self,
        material: Material,
        signals: Signals,
        options: ClipOptions,
        weights: Mapping[str, float],
        *,
        length_s: float | None = None,
        avoid: Sequence[Span] = (),
    ) -> None:
        self.avoid = tuple(avoid)
        self.material, self.signals, self.weights, self.options = material, signals, weights, options
        self.edges = Edges(material.words, material.silences, material.cuts_s)
        self.length_s = min(length_s or options.length_s, material.span.length_s)
        self.least_s = SHORTER * self.length_s if length_s is None else max(SHORTER * self.length_s, MIN_LENGTH_S)
        self.scores = window_scores(curve(signals, weights), round(self.length_s)) if signals.rows else np.zeros(1)

    def shortened(self, length_s: float) -> "_Chooser":
        """The same for clips of another length, none below `MIN_LENGTH_S`."""
        return _Chooser(self.material, self.signals, self.options, self.weights, length_s=length_s, avoid=self.avoid)

    def explicit(self, wanted: Span) -> Moment:
        """The range that was asked for, as far as the source goes."""
        span = self.material.span
        if wanted.start_s >= span.end_s - LEAST_S / 2:
            raise _beyond(wanted.start_s, span)
        asked = Span(wanted.start_s, min(wanted.end_s, span.end_s))
        room = self._room(asked.start_s, self.avoid)
        if room is None or asked.end_s > room.end_s:
            raise _taken_down()
        cut = self.edges.widen(asked, room)
        return self._moment(
            cut, text("the range you asked for, {start} to {end}", start=clock(wanted.start_s), end=clock(wanted.end_s))
        )

    def around(self, at_s: float) -> Moment:
        """The best clip that holds `at_s` well inside."""
        if at_s >= self.material.span.end_s:
            raise _beyond(at_s, self.material.span)
        room = self._room(at_s, self.avoid)
        if room is None or room.length_s < LEAST_S:
            raise _taken_down()
        span = self._holding(Span(at_s, at_s), room)
        return self._moment(span, text("the moment you asked for, {at}", at=clock(at_s)))

    def found(self, phrase: str) -> list[Moment]:
        """Clips that hold the phrase, those that hold it most often first."""
        matches = find_phrase(phrase, self.material.words)
        if not matches:
            if self.material.words:
                why = text("Nobody is heard saying “{phrase}”.", phrase=phrase)
            else:
                why = text("No speech was found, so nobody says “{phrase}”.", phrase=phrase)
            raise BadInput(why, hint=text("Try fewer or other words, or give a time instead."))
        most = self.options.count or ENOUGH
        moments: list[Moment] = []
        left = [match for match in matches if self._room(match.span.start_s, self.avoid) is not None]
        while left and len(moments) < most:
            group = max(self._groups(left), key=lambda g: (len(g), sum(m.likeness for m in g), -g[0].span.start_s))
            room = self._room(group[0].span.start_s, [*self.avoid, *(moment.span for moment in moments)])
            left = [match for match in left if match not in group]
            if room is None or group[-1].span.end_s > room.end_s:
                continue
            said = " and ".join(clock(match.span.start_s) for match in group)
            span = self._holding(Span(group[0].span.start_s, group[-1].span.end_s), room)
            moments.append(self._moment(span, f"“{phrase}” is said at {said}"))
        if not moments:
            raise _taken_down()
        return moments

    def best(self, count: int) -> list[Moment]:
        """Greedy non-maximum suppression over all windows, each snapped within the room that the others leave."""
        chosen: list[Span] = []
        order = np.argsort(-self.scores, kind="stable")
        for index in order:
            if len(chosen) == count:
                break
            start_s = self.material.span.start_s + float(index)
            wanted = Span(start_s, min(start_s + self.length_s, self.material.span.end_s))
            room = self._room(wanted.start_s, [*self.avoid, *chosen])
            if room is None or wanted.end_s > room.end_s:
                continue
            span = self._snapped(wanted, room)
            if span is not None:
                chosen.append(span)
        if not chosen and self.avoid:
            if self.length_s <= MIN_LENGTH_S:
                raise _taken_down()
            return self.shortened(max(MIN_LENGTH_S, SHORTENED * self.length_s)).best(count)
        if not chosen:
            whole = self.material.span
            chosen = [self.edges.widen(Span(whole.start_s, whole.start_s + self.length_s), whole)]
        moments = [self._moment(span) for span in chosen]
        return sorted(moments, key=lambda moment: (-moment.verdict.score, moment.span.start_s))

    def _snapped(self, wanted: Span, room: Span, fits: Fits | None = None) -> Span | None:
        most_s = min(LONGER * self.length_s, room.length_s)
        least_s = min(self.least_s, room.length_s)
        return self.edges.snap(wanted, room, least_s=least_s, most_s=most_s, fits=fits)

    def _holding(self, held: Span, room: Span) -> Span:
        """The best-scored window in `room` with `held` inside, a tenth of the length away from its edges if it can."""
        length_s = max(min(self.length_s, room.length_s), held.length_s)
        air_s = min(0.1 * length_s, (length_s - held.length_s) / 2)
        first = max(room.start_s, held.end_s + air_s - length_s)
        last = max(first, min(room.end_s - length_s, held.start_s - air_s))
        starts = np.linspace(first, last, num=max(2, round(last - first) + 1))
        indices = np.clip((starts - self.material.span.start_s).astype(int), 0, len(self.scores) - 1)
        start_s = float(starts[int(np.argmax(self.scores[indices]))])
        wanted = Span(start_s, min(start_s + length_s, room.end_s))
        snapped = self._snapped(wanted, room, lambda span: _holds(span, held))
        return snapped or self.edges.widen(wanted, room)

    def _groups(self, matches: Sequence[Match]) -> list[list[Match]]:
        """For each match, it and those after it that fit into one clip with it."""
        return [
            [other for other in matches[index:] if other.span.end_s - match.span.start_s <= 0.9 * self.length_s]
            or [match]
            for index, match in enumerate(matches)
        ]

    def _room(self, at_s: float, taken: Sequence[Span]) -> Span | None:
        """The free stretch around `at_s`."""
        if any(span.start_s <= at_s < span.end_s for span in taken):
            return None
        before = [span.end_s for span in taken if span.end_s <= at_s]
        after = [span.start_s for span in taken if span.start_s > at_s]
        return Span(max(before, default=self.material.span.start_s), min(after, default=self.material.span.end_s))

    def _moment(self, span: Span, asked: str = "") -> Moment:
        verdict = judge(self.signals, span, self.material.span.start_s, self.weights)
        return Moment(span, verdict, asked or reason_for(self.material, verdict, span))


def _holds(span: Span, held: Span) -> bool:
    return span.start_s <= held.start_s and held.end_s <= span.end_s


def _taken_down() -> BadInput:
    return BadInput(text("That moment was taken down."), hint=text("Ask for another part of the video."))


def _beyond(at_s: float, span: Span) -> BadInput:
    return BadInput(
        text("{at} lies beyond the end: the video ends at {end}.", at=clock(at_s), end=clock(span.end_s)),
        hint=text("Give an earlier time."),
    )
