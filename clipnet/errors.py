"""The errors a person can meet, in one tree.

ClipNetError
├── BadInput          what was given can't be used (422)
├── NotAllowed        the actor lacks the right (403)
├── NotFound          no such thing, or not theirs to see (404)
├── Conflict          the state of the thing forbids it now (409)
├── TooOften          a cooldown or quota; says how long to wait (429)
├── Unavailable       something we depend on is away; worth another try (503)
└── Misconfigured     the installation can't start as it is set up (exit 78)
"""

from typing import ClassVar

EX_CONFIG = 78
"""Exit status of a process that refuses its configuration (sysexits.h)."""


class ClipNetError(Exception):
    """A failure with one sentence for the person and a hint that says what to do.

    In a job handler every such error is permanent (no retry) unless it is `Unavailable`.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, sentence: str, *, hint: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint


class BadInput(ClipNetError):
    code = "bad-input"
    status = 422


class NotAllowed(ClipNetError):
    code = "not-allowed"
    status = 403


class NotFound(ClipNetError):
    code = "not-found"
    status = 404


class Conflict(ClipNetError):
    code = "conflict"
    status = 409


class TooOften(ClipNetError):
    """A limit was reached; `retry_after_s` is how many seconds to wait."""

    code = "too-often"
    status = 429

    def __init__(self, sentence: str, *, retry_after_s: float, hint: str = "") -> None:
        super().__init__(sentence, hint=hint)
        self.retry_after_s = retry_after_s


class Unavailable(ClipNetError):
    """A dependency is away; `retry_after_s` (seconds, None when unknown) wins over the back-off of the job."""

    code = "unavailable"
    status = 503

    def __init__(self, sentence: str, *, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(sentence, hint=hint)
        self.retry_after_s = retry_after_s


class Misconfigured(ClipNetError):
    """Start is refused with `EX_CONFIG`; the sentence names settings, never their values."""

    code = "misconfigured"
    status = 500
