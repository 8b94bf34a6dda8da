"""Turns the way a media tool ended into one sentence and a hint."""

import signal

from clipnet.errors import BadInput, ClipNetError, Unavailable
from clipnet.texts import text
from pipeline.media.errors import DiskFull, MediaFailed

DAMAGED = (
    "Invalid data found when processing input",
    "moov atom not found",
    "does not contain any stream",
    "Error opening input",
    "matches no streams",
)


def failure(status: int, words: str) -> ClipNetError:
    """`status` as subprocess reports it (negative: the signal); `words` are the last lines of stderr."""
    if "No space left on device" in words or "Disk quota exceeded" in words:
        return DiskFull(detail=words)
    if status == -signal.SIGXFSZ or "File too large" in words:
        return MediaFailed(
            text("The result grew larger than allowed."), hint=text("Ask for a shorter clip."), detail=words
        )
    if status == -signal.SIGXCPU:
        return too_slow(words)
    if status == -signal.SIGKILL:
        return Unavailable(
            text("The media tool was killed."), hint=text("The machine may be short of memory; it is tried again.")
        )
    if "Cannot allocate memory" in words or "MemoryError" in words:
        return MediaFailed(
            text("This video needs more memory than allowed."),
            hint=text("Use a version with a smaller picture."),
            detail=words,
        )
    if any(sign in words for sign in DAMAGED):
        return BadInput(
            text("The file is damaged or not a video."), hint=text("Play it from start to end, or export it again.")
        )
    return MediaFailed(
        text("The video could not be processed."),
        hint=text("Try again; if it keeps happening, report it with the id."),
        detail=words,
    )


def too_slow(words: str) -> MediaFailed:
    """For a tool that ran past its time, by the clock or by the processor."""
    return MediaFailed(
        text("Processing took longer than allowed."),
        hint=text("Use a shorter or smaller version of the video."),
        detail=words,
    )


def stalled(words: str) -> MediaFailed:
    """For a tool from which nothing was heard for the idle limit."""
    return MediaFailed(
        text("Processing stopped making progress."),
        hint=text("The file may be damaged; export it again."),
        detail=words,
    )
