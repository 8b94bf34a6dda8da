"""All that selection looks at, one value per second of a span of the source."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.media.analysis import Analysis
from pipeline.model import Span, Word

Track = NDArray[np.float64]

QUIETEST_LUFS = -60.0


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a live chat; `at_s` is in the source's time."""

    at_s: float
    user: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What is known about `span`. Tracks are empty where there is no picture or no sound.

    Attributes:
        loudness_lufs: mean momentary loudness, never below `QUIETEST_LUFS`.
        flux: rise of the spectrum, 0 to 1.
        zero_crossing: share of sign changes, 0 to 1.
        motion: mean absolute change of grey levels, 0 to 255.
        cuts_s: hard cuts, in the source's time.
        silences: quiet stretches, in the source's time.
        words: what is said, in the source's time.
        chat: messages, in any order.
        chat_counts: of a chat that was only counted, seconds of the source and how much was written then.
        markers_s: moments at which somebody asked for a clip.
    """

    span: Span
    loudness_lufs: Track
    flux: Track
    zero_crossing: Track
    motion: Track
    cuts_s: Track
    silences: tuple[Span, ...] = ()
    words: tuple[Word, ...] = ()
    chat: tuple[ChatMessage, ...] = ()
    chat_counts: tuple[tuple[float, float], ...] = ()
    markers_s: tuple[float, ...] = ()

    @property
    def seconds(self) -> int:
        """Number of one-second bins; the last one may reach past the span."""
        return max(1, int(np.ceil(self.span.length_s - 1e-9)))

    @classmethod
    def of(
        cls,
        analysis: Analysis,
        words: tuple[Word, ...] = (),
        chat: tuple[ChatMessage, ...] = (),
        markers_s: tuple[float, ...] = (),
        chat_counts: tuple[tuple[float, float], ...] = (),
    ) -> "Material":
        """From what an analysis measured and a transcript holds."""
        sound, picture = analysis.has_sound, analysis.has_picture
        return cls(
            span=analysis.span,
            loudness_lufs=_track(analysis, "loudness_lufs", sound, floor=QUIETEST_LUFS),
            flux=_track(analysis, "flux", sound),
            zero_crossing=_track(analysis, "zero_crossing", sound),
            motion=_track(analysis, "motion", picture),
            cuts_s=np.asarray(analysis.cuts_s, np.float64),
            silences=tuple(analysis.silences()) if sound else (),
            words=words,
            chat=chat,
            chat_counts=chat_counts,
            markers_s=markers_s,
        )


def _track(analysis: Analysis, name: str, there: bool, floor: float = 0.0) -> Track:
    if not there:
        return np.zeros(0)
    values = np.nan_to_num(analysis.per_second(name).astype(np.float64), nan=floor, posinf=0.0, neginf=floor)
    return np.maximum(values, floor)
