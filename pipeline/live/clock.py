"""Where the seconds of a source that was cut out of a live stream lie in time, and what was wished for in them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.options import ClipOptions


@dataclass(frozen=True, slots=True)
class Laid:
    """`length_s` seconds of a source from `source_s` on, which happened from `at` on (Unix seconds)."""

    source_s: float
    at: float
    length_s: float


@dataclass(frozen=True, slots=True)
class LiveClock:
    """The stretches of a source in order, gaps between them left out; viewers saw them `delay_s` later.

    `asked_at`: when the clip was asked for, if that is how it was named.
    """

    laid: tuple[Laid, ...]
    delay_s: float
    asked_at: float | None = None

    def stored(self) -> dict[str, Any]:
        """As kept in `sources.live`."""
        return asdict(self)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "LiveClock":
        """Reads what `stored` gave."""
        return cls(tuple(Laid(**one) for one in stored["laid"]), stored["delay_s"], stored["asked_at"])

    @property
    def length_s(self) -> float:
        """Of the source."""
        return self.laid[-1].source_s + self.laid[-1].length_s

    def second_of(self, seen_at: float) -> float:
        """The second of the source that viewers saw at `seen_at`; what lies in a gap or outside moves to its edge."""
        at = seen_at - self.delay_s
        for laid in self.laid:
            if at < laid.at + laid.length_s:
                return laid.source_s + max(0.0, at - laid.at)
        return self.length_s

    def holds(self, seen_at: float) -> bool:
        """Whether viewers saw something of the source then."""
        at = seen_at - self.delay_s
        return any(laid.at <= at <= laid.at + laid.length_s for laid in self.laid)

    def seconds_of(self, seen_at: Sequence[float]) -> tuple[float, ...]:
        """Those of the moments that lie in the source, as its seconds."""
        return tuple(self.second_of(each) for each in seen_at if self.holds(each))


def in_source_time(options: ClipOptions, live: dict[str, Any] | None) -> ClipOptions:
    """The wishes in the source's own time: a stretch as a range; and of what was asked live there is one clip."""
    if live is None or not options.is_live:
        return options
    changes: dict[str, Any] = {"count": options.count or 1, "live_at": None, "live_from": None, "live_to": None}
    if options.live_from is not None and options.live_to is not None:
        clock = LiveClock.of(live)
        start_s = min(clock.second_of(options.live_from), max(clock.length_s - 1.0, 0.0))
        end_s = max(clock.second_of(options.live_to), start_s + 1.0)
        changes |= {"start_s": start_s, "end_s": end_s}
    return options.model_copy(update=changes)
