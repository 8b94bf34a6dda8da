"""Where a recording is in a stream: which pieces are new, which belong together, and when each one happened."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.live.playlist import Listing, Part, Piece

BACKFILL_S = 120.0
"""So much of what a playlist holds already is taken at the start: a clip reaches 90 s back."""
CLOCK_WITHIN_S = 900.0
"""A stream's own clock that is further off than any delay is not believed."""
REMEMBERED = 400
LATE_S = 4.0
TOLERATED_S = 0.02


@dataclass(frozen=True, slots=True)
class Placed:
    """A new piece: it starts at `at` (Unix seconds, estimated unless `exact`) and joins the pieces of its `run`.

    Pieces of one run follow each other without a break in time stamps or format.
    """

    piece: Piece
    run: int
    at: float
    exact: bool


@dataclass(slots=True)
class Track:
    """Follows one playlist from listing to listing.

    Attributes:
        run: number of the run that goes on.
        ends_at: when the last piece ends, None when nothing is known.
    """

    run: int = 0
    last_seq: int | None = None
    ends_at: float | None = None
    init: Part | None = None
    broken: bool = True
    resets: int = 0
    _names: dict[int, str] = field(default_factory=dict)

    def resume(self, *, run: int, ends_at: float, last: list[tuple[int, str]]) -> None:
        """Go on after a restart from what was recorded: numbers and names of the last pieces."""
        self.run, self.ends_at, self.broken = run, ends_at, False
        self._names = dict(last)
        self.last_seq = last[-1][0]

    def news(self, listing: Listing, seen_at: float) -> Iterator[Placed]:
        """What the listing, seen at `seen_at`, holds that wasn't there before, in order."""
        fresh = self._fresh(listing, seen_at)
        if not fresh:
            return
        trusted = _clock_holds(listing, seen_at)
        left_s = math.fsum(piece.length_s for piece in fresh)
        for piece in fresh:
            yield self._place(piece, seen_at - left_s, trusted=trusted)
            left_s -= piece.length_s

    def lost(self) -> None:
        """The last piece could not be had: what follows doesn't join what was before."""
        self.broken = True

    def too_late_s(self, placed: Placed, seen_at: float) -> float:
        """By how many seconds an estimate lies in the future, seen when the last piece of a listing was placed.

        The recorder meets a piece some time after it was published, at times sooner, at times later; the soonest is
        nearest to the truth. What is returned is taken off this track's own estimate too.
        """
        if placed.exact or self.ends_at is None or self.ends_at - seen_at < TOLERATED_S:
            return 0.0
        late_s = self.ends_at - seen_at
        self.ends_at = seen_at
        return late_s

    def _fresh(self, listing: Listing, seen_at: float) -> list[Piece]:
        pieces = listing.pieces
        if not pieces:
            return []
        if self.last_seq is not None and self._was_reset(pieces):
            self.last_seq, self.broken = None, True
            self.resets += 1
            self._names.clear()
        if self.last_seq is None:
            return self._first(listing, seen_at)
        fresh = [piece for piece in pieces if piece.seq > (self.last_seq or 0)]
        if fresh and fresh[0].seq > self.last_seq + 1:
            # Pieces passed by unseen. Where the listing reaches back far enough, it is known what they lasted.
            self.broken, self.ends_at = True, None
        return fresh

    def _was_reset(self, pieces: tuple[Piece, ...]) -> bool:
        """Whether the numbers began anew; a server that is merely behind shows pieces that are known."""
        known = [piece for piece in pieces if piece.seq in self._names]
        if known:
            return all(self._names[piece.seq] != piece.name for piece in known)
        return pieces[-1].seq < (self.last_seq or 0)

    def _first(self, listing: Listing, seen_at: float) -> list[Piece]:
        """The newest pieces, as many as are worth having and weren't recorded under other numbers."""
        most_s = BACKFILL_S
        if self.ends_at is not None:
            most_s = min(most_s, max(seen_at - self.ends_at, listing.target_s))
        chosen: list[Piece] = []
        for piece in reversed(listing.pieces):
            before = self.ends_at is not None and piece.starts_at is not None and _clock_holds(listing, seen_at)
            if before and (piece.starts_at or 0) < (self.ends_at or 0) - piece.length_s / 2:
                break
            if most_s < piece.length_s / 2:
                break
            most_s -= piece.length_s
            chosen.append(piece)
        self.ends_at = None
        return chosen[::-1]

    def _place(self, piece: Piece, seen_start: float, *, trusted: bool) -> Placed:
        exact = trusted and piece.starts_at is not None
        at = seen_start
        if exact:
            at = piece.starts_at or 0.0
        elif self.ends_at is not None:
            if seen_start - self.ends_at > max(2 * piece.length_s, LATE_S):
                self.broken = True
            else:
                at = self.ends_at
        if self.broken or piece.cut or piece.init != self.init:
            self.run += 1
        self.broken, self.init = piece.missing, piece.init
        self.last_seq, self.ends_at = piece.seq, at + piece.length_s
        self._names[piece.seq] = piece.name
        while len(self._names) > REMEMBERED:
            del self._names[next(iter(self._names))]
        return Placed(piece, self.run, at, exact)


def _clock_holds(listing: Listing, seen_at: float) -> bool:
    ends_at = listing.pieces[-1].ends_at
    return ends_at is not None and abs(seen_at - ends_at) < CLOCK_WITHIN_S
