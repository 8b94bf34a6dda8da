"""The kinds of parameters: how each is read from what people type, and how each looks in JSON."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from clipnet.errors import BadInput
from clipnet.texts import text

_CLOCK = re.compile(r"^(?:(\d{1,6}):)?(\d{1,3}):(\d{2}(?:\.\d+)?)$")
_UNITS = re.compile(r"^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)(?:s|sec)?)?$", re.IGNORECASE)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PUBLIC_ID = re.compile(r"^[0-9A-HJKMNP-TV-Z]{6}$")
_LOOKALIKES = str.maketrans("OIL", "011")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
MAX_TEXT = 500
THIS = frozenset({"that", "this", "it", "live"})
"""Words for what is going on, or for what a message answers to."""


@dataclass(frozen=True, slots=True)
class Source:
    """A video to work on: a link, a path on the worker's own machine, or (`this`) what “that” means where it is said.

    `moment` is set when a time, a length or a range stood in place of a source, as in `clip 45`.
    """

    kind: Literal["url", "file", "this"]
    origin: str
    moment: "Moment | None" = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of a source in seconds, or a range when `end_s` is set."""

    start_s: float
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of parameter is read. `read` raises BadInput with a sentence that names no parameter."""

    name: str
    read: Callable[[str], Any]
    schema: dict[str, Any]
    example: str
    takes_value: bool = True


def read_time(typed: str) -> float:
    """Seconds in `1:20`, `1:02:03.5`, `90s`, `1h2m3s` or `90`."""
    clean = typed.strip()
    if clock := _CLOCK.match(clean):
        hours, minutes, seconds = int(clock[1] or 0), int(clock[2]), float(clock[3])
        if seconds < 60 and (clock[1] is None or minutes < 60):
            return hours * 3600.0 + minutes * 60.0 + seconds
    elif clean and (units := _UNITS.match(clean)) and len(clean) < 24:
        return float(units[1] or 0) * 3600 + float(units[2] or 0) * 60 + float(units[3] or 0)
    raise BadInput(
        text("“{typed}” is not a time.", typed=shorten(typed)), hint=text("Write it like 1:20, 90s or 1h2m3s.")
    )


def read_duration(typed: str) -> float:
    """Seconds of a length, more than none."""
    seconds = read_time(typed)
    if seconds <= 0:
        raise BadInput(text("A length has to be more than zero."), hint=text("Write it like 30, 45s or 1m10s."))
    return seconds


def read_moment(typed: str) -> Moment:
    """A time, or a range such as `1:20-1:50`, `1:20..1:50` or `1:20+30s`."""
    clean = typed.strip().translate({ord(dash): "-" for dash in _DASHES})
    for mark in ("..", "+", "-"):
        start, found, end = clean.partition(mark)
        if found:
            start_s, other_s = read_time(start), read_time(end)
            end_s = start_s + other_s if mark == "+" else other_s
            if end_s <= start_s:
                raise BadInput(
                    text("The range ends before it starts."), hint=text("Write the earlier time first, like 1:20-1:50.")
                )
            return Moment(start_s, end_s)
    return Moment(read_time(clean))


def read_source(typed: str) -> Source:
    """A link with http or https, a path, “that”, or a time or length of what “that” means."""
    clean = typed.strip().strip("<>")
    if clean.lower() in THIS:
        return Source("this", "")
    if clean[:1].isdigit() and len(clean) < 40 and (moment := _as_moment(clean)):
        return Source("this", "", moment)
    if not clean or len(clean) > 2000 or any(ord(c) < 32 for c in clean):
        raise BadInput(text("That is neither a link nor a file."), hint=text("Give a link that starts with https://."))
    if clean.lower().startswith(("http://", "https://")):
        return Source("url", clean)
    if _SCHEME.match(clean):
        raise BadInput(
            text("Only http and https links can be fetched."), hint=text("Give a link that starts with https://.")
        )
    return Source("file", clean)


def _as_moment(typed: str) -> Moment | None:
    try:
        return read_moment(typed)
    except BadInput:
        return None


def read_public_id(typed: str) -> str:
    """Six characters of Crockford base32; O, I and L are taken for the digits they look like."""
    clean = typed.strip().lstrip("#").upper().translate(_LOOKALIKES)
    if not _PUBLIC_ID.match(clean):
        raise BadInput(
            text("“{typed}” is not an id.", typed=shorten(typed)),
            hint=text("An id has six letters and digits, like 7K3QX9."),
        )
    return clean


def read_text(typed: str) -> str:
    """Any words, without control characters."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in typed).split())
    if not clean:
        raise BadInput(text("Some words are needed here."))
    if len(clean) > MAX_TEXT:
        raise BadInput(text("That is too long: {most} characters at most.", most=MAX_TEXT))
    return clean


def read_integer(typed: str) -> int:
    """A whole number."""
    try:
        if len(typed) < 19:
            return int(typed.strip().lstrip("#"))
    except ValueError:
        pass
    raise BadInput(text("“{typed}” is not a whole number.", typed=shorten(typed)))


def read_number(typed: str) -> float:
    """A number that is finite."""
    try:
        value = float(typed)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(text("“{typed}” is not a number.", typed=shorten(typed)))
    return value


def read_flag(typed: str) -> bool:
    """Yes or no."""
    clean = typed.strip().lower()
    if clean in ("", "yes", "true", "on", "1"):
        return True
    if clean in ("no", "false", "off", "0"):
        return False
    raise BadInput(text("“{typed}” is neither yes nor no.", typed=shorten(typed)))


def shorten(typed: str, limit: int = 40) -> str:
    """At most `limit` printable characters of what somebody typed, for a sentence."""
    clean = "".join(c if c.isprintable() else " " for c in typed)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


_TIME_SCHEMA: dict[str, Any] = {"type": ["number", "string"], "description": "seconds, or text such as 1:20 or 90s"}
_ID_SCHEMA: dict[str, Any] = {"type": "string", "minLength": 6, "maxLength": 7}

TEXT = Kind("text", read_text, {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}, '"what a goal"')
SOURCE = Kind(
    "source", read_source, {"type": "string", "minLength": 1, "maxLength": 2000}, "https://example.org/talk.mp4"
)
TIME = Kind("time", read_time, _TIME_SCHEMA, "1:20")
DURATION = Kind("duration", read_duration, _TIME_SCHEMA, "30")
MOMENT = Kind("moment", read_moment, {"type": ["string", "number"], "description": "a time or a range"}, "1:20-1:50")
INTEGER = Kind("integer", read_integer, {"type": "integer"}, "3")
NUMBER = Kind("number", read_number, {"type": "number"}, "0.5")
FLAG = Kind("flag", read_flag, {"type": "boolean"}, "", takes_value=False)
CHOICE = Kind("choice", read_text, {"type": "string"}, "")
CLIP = Kind("clip", read_public_id, _ID_SCHEMA, "7K3QX9")
REQUEST = Kind("request", read_public_id, _ID_SCHEMA, "4N8WZ2")
CLIP_OR_REQUEST = Kind("clip or request", read_public_id, _ID_SCHEMA, "7K3QX9")
JOB = Kind("job", read_integer, {"type": "integer", "minimum": 1}, "42")
USER = Kind("user", read_text, {"type": "string", "minLength": 1, "maxLength": 80}, "@robin")
