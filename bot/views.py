"""What commands return as data: the same for a chat, a script and the JSON API."""

import base64
import binascii
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from clipnet.errors import BadInput
from clipnet.texts import Sentence, revived, text
from db.clips import Clip, Stored
from db.requests import Request


class Failure(BaseModel):
    """Why something failed: a stable code for programs, a sentence for the person, and what may help."""

    code: str = "unexpected"
    sentence: Sentence
    hint: Sentence = ""


class Accepted(BaseModel):
    """A request was written down; its clips follow. `asker`: 1 for who asked first, more for who joined."""

    request: str = Field(description="public id")
    state: str
    trace_id: UUID
    asker: int = 1


class ClipView(BaseModel):
    """A clip. Times are seconds from the start of the source; `video` and its siblings are keys in the store."""

    id: str
    request: str
    rank: int
    state: str
    title: str
    reason: str
    score: float
    start_s: float
    end_s: float
    duration_s: float | None
    width: int | None
    height: int | None
    video: str | None = None
    thumbnail: str | None = None
    captions: str | None = None
    error: Failure | None = None
    held: str | None = Field(default=None, description="why a moderator has yet to decide on it")
    revision: int
    created_at: datetime
    updated_at: datetime


class ClipPage(BaseModel):
    """Clips, newest first; `next` is the cursor of the following page, None on the last."""

    items: list[ClipView]
    next: str | None


class RequestView(BaseModel):
    """What was asked for, and what came of it so far."""

    id: str
    state: str
    source: str
    title: str
    options: dict[str, Any]
    error: Failure | None
    created_at: datetime
    ended_at: datetime | None
    clips: list[ClipView]


class Shown(BaseModel):
    """A clip or a request, whichever the id names."""

    clip: ClipView | None = None
    request: RequestView | None = None


class Explained(BaseModel):
    """Why a moment was chosen: the reason in words, and each signal from 0 to 1."""

    clip: str
    reason: str
    score: float
    signals: dict[str, float]


class Changed(BaseModel):
    """A clip or a request after a change."""

    id: str
    kind: str
    state: str


def clip_view(clip: Clip, stored: list[Stored] | None = None) -> ClipView:
    """A clip with its files."""
    keys = {file.kind: file.store_key for file in stored or ()}
    return ClipView(
        id=clip.public_id,
        request=clip.request_public_id,
        rank=clip.rank,
        state=clip.state,
        title=clip.title,
        reason=clip.reason,
        score=clip.score,
        start_s=clip.start_s,
        end_s=clip.end_s,
        duration_s=clip.duration_s,
        width=clip.width,
        height=clip.height,
        video=keys.get("video"),
        thumbnail=keys.get("thumbnail"),
        captions=keys.get("captions"),
        error=failure(clip.error),
        held=(clip.hold_reason or "") if clip.held_at else None,
        revision=clip.revision,
        created_at=clip.created_at,
        updated_at=clip.updated_at,
    )


def request_view(request: Request, clips: list[ClipView]) -> RequestView:
    """A request with its clips; of a file only the name is shown, not where it lies."""
    origin = request.origin if request.source_kind == "url" else request.origin.rsplit("/", 1)[-1]
    return RequestView(
        id=request.public_id,
        state=request.state,
        source=origin,
        title=request.source_title,
        options=request.options,
        error=failure(request.error),
        created_at=request.created_at,
        ended_at=request.ended_at,
        clips=clips,
    )


def failure(error: dict[str, Any] | None) -> Failure | None:
    """The part of a stored error that is meant for people."""
    if error is None:
        return None
    return Failure(
        code=str(error.get("code") or "unexpected"),
        sentence=revived(error, "sentence") or text("It failed."),
        hint=revived(error, "hint"),
    )


class BadCursor(BadInput):
    """A cursor that no page has given."""

    code = "bad-cursor"
    status = 400


def to_cursor(row_id: int) -> str:
    """Where a page ended, opaque."""
    return base64.urlsafe_b64encode(f"c{row_id}".encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> int:
    """Back to the row id.

    Raises:
        BadCursor: it is none of ours.
    """
    try:
        plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if plain.startswith("c") and len(plain) < 21:
            return int(plain[1:])
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise BadCursor(text("That cursor isn't valid."), hint=text("Take it from the field “next” of an earlier page."))


def clock(seconds: float) -> str:
    """Seconds as people write a time in a video: 1:20, 1:02:03."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole % 3600 // 60
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
