"""What can go wrong while a media tool runs, beside bad input.

ClipNetError
├── MediaFailed       the tool failed; `detail` holds its last words for the operator
│   └── DiskFull      there was no room for the result
└── (Unavailable)     the tool was killed from outside, worth another try
"""

from typing import ClassVar

from clipnet.errors import ClipNetError
from clipnet.texts import text


class MediaFailed(ClipNetError):
    """A media tool ended without a result; `detail` is for operators and never shown to a person."""

    code: ClassVar[str] = "media-failed"

    def __init__(self, sentence: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(sentence, hint=hint)
        self.detail = detail
        self.add_note(detail)


class DiskFull(MediaFailed):
    """Nothing more can be written where the work is done."""

    code: ClassVar[str] = "disk-full"
    status: ClassVar[int] = 507

    def __init__(self, *, detail: str = "") -> None:
        super().__init__(
            text("The disk is full."),
            hint=text("Free some space where ClipNet keeps its state, then retry."),
            detail=detail,
        )
