"""Where a clip may begin and end: never inside a word, by preference at a sentence, a pause or a cut."""

import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.highlights.material import Track
from pipeline.model import Span, Word

MARGIN_S = 0.2
"""Air before the first and after the last word, where the pause has room for it."""
REACH_S = 4.0
LONGEST_WORD_S = 4.0
"""What is longer is no word but a mark for music or noise, and may be cut through."""
PAUSE_S = 0.3
AWAY_COST = 0.35
"""Of one second away from where the score wants the edge; in units of the kinds' costs below."""
RAW_COST, CUT_COST, SILENCE_COST, ROOM_COST = 0.5, 0.0, 0.05, 0.3
IN_SENTENCE_COST, IN_FLOW_COST = 0.5, 1.0
"""Of parting a sentence, at a pause and without one; whatever else is there to cut at."""
NEW_THOUGHT_S = 1.5
"""After such a pause a new sentence begins, whatever the punctuation says."""

Side = Literal["start", "end"]
Fits = Callable[[Span], bool]


@dataclass(frozen=True, slots=True)
class _Edge:
    at_s: float
    cost: float


class Edges:
    """The legal edges of one source."""

    def __init__(self, words: Sequence[Word], silences: Sequence[Span] = (), cuts_s: Track | Sequence[float] = ()):
        self._words = [word for word in words if word.end_s - word.start_s <= LONGEST_WORD_S]
        self._starts = [word.start_s for word in self._words]
        self._silences = list(silences)
        self._cuts_s = np.asarray(cuts_s, np.float64)

    def word_at(self, at_s: float) -> Word | None:
        """The word that a cut at `at_s` would go through."""
        index = bisect.bisect_left(self._starts, at_s) - 1
        return self._words[index] if index >= 0 and at_s < self._words[index].end_s else None

    def snap(self, wanted: Span, room: Span, *, least_s: float, most_s: float, fits: Fits | None = None) -> Span | None:
        """The best legal span near `wanted`, inside `room`, `least_s` to `most_s` long, that `fits`.

        None when there is none. The ends of `room` are legal edges themselves.
        """
        for reach_s in (REACH_S, 2 * REACH_S, room.length_s):
            starts = list(self._edges(wanted.start_s, room, reach_s, "start"))
            ends = list(self._edges(wanted.end_s, room, reach_s, "end"))
            best: tuple[float, float, float] | None = None
            for start in starts:
                for end in ends:
                    length_s = end.at_s - start.at_s
                    if not least_s - 1e-6 <= length_s <= most_s + 1e-6:
                        continue
                    choice = (start.cost + end.cost, start.at_s, end.at_s)
                    if (best is None or choice < best) and (fits is None or fits(Span(start.at_s, end.at_s))):
                        best = choice
            if best is not None:
                return Span(best[1], best[2])
        return None

    def widen(self, wanted: Span, room: Span) -> Span:
        """`wanted`, with an edge that falls into a word moved outwards to include it."""
        first, last = self.word_at(wanted.start_s), self.word_at(wanted.end_s)
        start_s = first.start_s if first else wanted.start_s
        end_s = last.end_s if last else wanted.end_s
        return Span(max(start_s, room.start_s), min(end_s, room.end_s))

    def _edges(self, near_s: float, room: Span, reach_s: float, side: Side) -> Iterator[_Edge]:
        low_s, high_s = max(near_s - reach_s, room.start_s), min(near_s + reach_s, room.end_s)
        for at_s, cost in self._kinds(near_s, low_s, high_s, side):
            if low_s <= at_s <= high_s and self.word_at(at_s) is None:
                yield _Edge(at_s, cost + self._parting_cost(at_s) + AWAY_COST * abs(at_s - near_s))
        for at_s in (room.start_s, room.end_s):
            if low_s <= at_s <= high_s:
                yield _Edge(at_s, ROOM_COST + AWAY_COST * abs(at_s - near_s))

    def _kinds(self, near_s: float, low_s: float, high_s: float, side: Side) -> Iterator[tuple[float, float]]:
        yield near_s, RAW_COST
        for cut in self._cuts_s[(self._cuts_s >= low_s) & (self._cuts_s <= high_s)]:
            yield float(cut), CUT_COST
        for silence in self._silences:
            if silence.end_s >= low_s and silence.start_s <= high_s:
                yield (silence.start_s + silence.end_s) / 2, SILENCE_COST
        for at_s in self._gaps(low_s, high_s, side):
            yield at_s, 0.0

    def _gaps(self, low_s: float, high_s: float, side: Side) -> Iterator[float]:
        """Edges between words: with the margin where the pause allows, else in its middle."""
        first = max(bisect.bisect_left(self._starts, low_s) - 1, 0)
        for index in range(first, len(self._words) + 1):
            gap_start = self._words[index - 1].end_s if index > 0 else -np.inf
            gap_end = self._words[index].start_s if index < len(self._words) else np.inf
            if gap_start > high_s:
                return
            air_s = min(MARGIN_S, (gap_end - gap_start) / 2)
            at_s = gap_end - air_s if side == "start" else gap_start + air_s
            if np.isfinite(at_s) and gap_end >= gap_start:
                yield float(at_s)

    def _parting_cost(self, at_s: float) -> float:
        """What it costs that the words before and after `at_s` are parted."""
        index = bisect.bisect_left(self._starts, at_s)
        if index == 0 or index == len(self._words):
            return 0.0
        before, after = self._words[index - 1], self._words[index]
        pause_s = after.start_s - before.end_s
        if pause_s >= NEW_THOUGHT_S or before.text.rstrip("\"')]").endswith((".", "?", "!", "…")):
            return 0.0
        return IN_SENTENCE_COST if pause_s >= PAUSE_S else IN_FLOW_COST
