"""What the stages ask of models, wherever those run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from clipnet.errors import ClipNetError
from pipeline.model import Span, Transcript

Progress = Callable[[float], None]
"""Told the share done so far, 0 to 1; may be called often."""

PCM_RATE_HZ = 16_000
"""Sound is handed over as a file of 16-bit little-endian mono samples at this rate."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A stretch of sound to recognise.

    Attributes:
        pcm: file of samples at `PCM_RATE_HZ`.
        pcm_start_s: the source's time at the file's first sample.
        span: which part, in the source's time.
        language: ISO 639-1 code, None to let the model find out.
    """

    pcm: Path
    pcm_start_s: float
    span: Span
    language: str | None = None


class Inference(Protocol):
    """The tasks: whisper, so far."""

    async def warm(self) -> None:
        """Make ready for a call that will come, without waiting until it is done."""

    async def close(self) -> None:
        """Let go of whatever is held."""

    async def whisper(
        self, items: Sequence[Speech], *, on_progress: Progress | None = None
    ) -> list[Transcript | ClipNetError]:
        """Recognise several stretches in one call; the answers stand in the order of the items.

        One item that can't be read is answered by its error and spoils no other.

        Raises:
            Unavailable: the model is away; the whole call may be tried again.
        """
