"""Values that the stages hand to each other: spans, words, what a probe saw, what an analysis measured.

All times are seconds from the start of the source, as floats; all sizes are pixels as a viewer sees them
(after rotation and sample aspect ratio).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a source; `end_s` > `start_s`."""

    start_s: float
    end_s: float

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s

    def overlaps(self, other: "Span") -> bool:
        return self.start_s < other.end_s and other.start_s < self.end_s


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word; `probability` is the recogniser's, 0 to 1."""

    start_s: float
    end_s: float
    text: str
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Transcript:
    """Words in order, never overlapping, none of zero length; `language` is an ISO 639-1 code."""

    words: tuple[Word, ...]
    language: str
    model: str

    def within(self, span: Span) -> tuple[Word, ...]:
        """The words whose middle lies in `span`."""
        return tuple(w for w in self.words if span.start_s <= (w.start_s + w.end_s) / 2 < span.end_s)


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture that a player would choose. `width` x `height` is the display size; `fps` the average rate."""

    index: int
    codec: str
    pixel_format: str
    width: int
    height: int
    coded_width: int
    coded_height: int
    rotation: int
    sample_aspect: float
    fps: float
    bit_depth: int


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The sound that a player would choose."""

    index: int
    codec: str
    sample_rate_hz: int
    channels: int


@dataclass(frozen=True, slots=True)
class Probe:
    """What a media file holds; at least one of `video` and `audio` is set."""

    container: str
    duration_s: float
    bytes: int
    video: VideoStream | None
    audio: AudioStream | None
