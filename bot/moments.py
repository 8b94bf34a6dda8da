"""Which moment a request is about, named so that two people who mean the same one are found to."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot.params import read_time
from clipnet.errors import BadInput
from pipeline.options import ClipOptions

NEAR_S = 20.0
"""Requests of one community whose moments lie no further apart join one clip."""

Moment = tuple[str, float]
"""What it is a moment of, and where: seconds of the source, or of the Unix epoch for a stream that is live."""

_DROPPED = re.compile(r"^(utm_.*|t|start|si|feature|fbclid|gclid|ref|ref_src|s)$")
_TIMES = ("t", "start", "time_continue")
_YOUTUBE = re.compile(r"^/(?:watch|shorts/|live/|embed/|v/)/?([\w-]{6,20})?")


def live_origin(platform: str, channel_id: str) -> str:
    """The origin of a source that is a stream on air; also the name of its moments."""
    return f"live:{platform}:{channel_id}"


def moment_of(kind: str, origin: str, options: ClipOptions, delay_s: float = 0.0) -> Moment | None:
    """The moment of a request; None where a whole video, a phrase or a file of one's own was meant.

    `delay_s`: of a stream on air, from what happens to what viewers see.
    """
    if kind == "live":
        if options.live_from is not None and options.live_to is not None:
            return origin, (options.live_from + options.live_to) / 2 - delay_s
        return None if options.live_at is None else (origin, options.live_at - delay_s)
    if kind != "url":
        return None
    if options.range is not None:
        at_s = (options.range.start_s + options.range.end_s) / 2
    elif options.at_s is not None:
        at_s = options.at_s
    else:
        return None
    return f"url:{canonical(origin)}", at_s


def canonical(url: str) -> str:
    """One spelling for the addresses under which one video is known: without tracking, time, `www.` and fragment."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("mobile.")
        port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    except ValueError:
        return url
    query = dict(parse_qsl(parts.query))
    if host == "youtu.be" and parts.path.strip("/"):
        return f"youtube:{parts.path.strip('/').split('/')[0]}"
    if host in ("youtube.com", "music.youtube.com", "youtube-nocookie.com") and (found := _YOUTUBE.match(parts.path)):
        video = query.get("v") or found[1]
        if video:
            return f"youtube:{video}"
    if host in ("twitter.com", "x.com"):
        return f"x.com{parts.path.rstrip('/').lower()}"
    kept = urlencode(sorted((k, v) for k, v in query.items() if not _DROPPED.match(k)))
    return f"{host}{port}{parts.path.rstrip('/')}" + (f"?{kept}" if kept else "")


def time_in(url: str) -> float | None:
    """Seconds that a link itself names, as `?t=1m20s` or `#t=80`; None when it names none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    given = dict(parse_qsl(parts.query)) | dict(parse_qsl(parts.fragment))
    for name in _TIMES:
        if name in given:
            try:
                return read_time(given[name])
            except BadInput:
                return None
    return None
