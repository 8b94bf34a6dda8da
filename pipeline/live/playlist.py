"""What an HLS playlist says: which variant to take, and which pieces there are."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import m3u8

from clipnet.errors import BadInput
from clipnet.texts import text

MOST_HEIGHT_PX = 1080
LONGEST_PIECE_S = 60.0
_AHEAD = re.compile(r"^#EXT-X-(PART|PRELOAD-HINT|RENDITION-REPORT|SERVER-CONTROL|PART-INF):.*$", re.MULTILINE)
"""Low-latency tags: what they announce comes as whole pieces too, and the parser counts their time twice."""


class NotRecordable(BadInput):
    """The stream can't be recorded as it is."""


@dataclass(frozen=True, slots=True)
class Part:
    """A resource, or `length` bytes of it from `offset` on (None: all of it)."""

    url: str
    offset: int = 0
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A media segment.

    Attributes:
        seq: media sequence number.
        name: the last part of its path, by which it is known again under another address.
        starts_at: Unix seconds of its first frame by the stream's own clock, None where it has none.
        cut: a discontinuity lies before it.
        init: the initialisation section it needs, None for those that need none.
        missing: the server says that it lacks it.
    """

    seq: int
    name: str
    part: Part
    length_s: float
    starts_at: float | None
    cut: bool
    init: Part | None
    missing: bool

    @property
    def ends_at(self) -> float | None:
        """Unix seconds of its end by the stream's own clock."""
        return None if self.starts_at is None else self.starts_at + self.length_s


@dataclass(frozen=True, slots=True)
class Listing:
    """One state of a media playlist; `ended` when nothing will be added."""

    pieces: tuple[Piece, ...]
    target_s: float
    ended: bool


def read(body: str, url: str) -> Listing | str:
    """A media playlist, or of a master playlist the address of the variant to take.

    Raises:
        NotRecordable: it is no playlist, is encrypted, or has sound and picture apart.
    """
    if not body.lstrip("\ufeff \r\n").startswith("#EXTM3U"):
        raise NotRecordable(text("The address of the stream leads to no playlist."))
    try:
        found: Any = m3u8.loads(_AHEAD.sub("", body), uri=url)
        return _variant(found) if found.is_variant else _listing(found)
    except NotRecordable:
        raise
    except Exception as error:
        # The parser raises whatever its reading of a bad line happens to raise.
        raise NotRecordable(text("The stream's playlist can't be read.")) from error


def _variant(master: Any) -> str:
    apart = {media.group_id for media in master.media if media.type == "AUDIO" and media.uri}
    all_there = [one for one in master.playlists if one.stream_info.audio not in apart]
    if not all_there:
        raise NotRecordable(text("The stream sends sound and picture apart, which is not recorded."))
    with_picture = [one for one in all_there if not _sound_only(one.stream_info)] or all_there
    fitting = [one for one in with_picture if _height_px(one) <= MOST_HEIGHT_PX]
    chosen = max(fitting, key=_quality) if fitting else min(with_picture, key=_quality)
    return str(chosen.absolute_uri)


def _sound_only(info: Any) -> bool:
    codecs = str(info.codecs or "")
    return info.resolution is None and bool(codecs) and all(c.strip().startswith("mp4a") for c in codecs.split(","))


def _height_px(variant: Any) -> int:
    resolution = variant.stream_info.resolution
    return int(resolution[1]) if resolution else 0


def _quality(variant: Any) -> tuple[int, float, int]:
    info = variant.stream_info
    return _height_px(variant), float(info.frame_rate or 0), int(info.bandwidth or 0)


def _listing(media: Any) -> Listing:
    if any(key is not None and key.method not in (None, "NONE") for key in media.keys):
        raise NotRecordable(text("The stream is encrypted, so it can't be recorded."))
    pieces = tuple(_pieces(media))
    longest = max((piece.length_s for piece in pieces), default=1.0)
    target_s = min(max(float(media.target_duration or 0), longest, 0.1), LONGEST_PIECE_S)
    return Listing(pieces, target_s, bool(media.is_endlist))


def _pieces(media: Any) -> Iterator[Piece]:
    first = int(media.media_sequence or 0)
    before = Part("")
    for index, segment in enumerate(media.segments):
        length_s = float(segment.duration or 0)
        if not 0 < length_s <= LONGEST_PIECE_S or not math.isfinite(length_s):
            raise NotRecordable(text("The stream's playlist can't be read."))
        part = before = _part(segment.absolute_uri, segment.byterange, before)
        starts = segment.current_program_date_time
        if starts is not None and starts.tzinfo is None:
            starts = starts.replace(tzinfo=UTC)
        section = segment.init_section
        yield Piece(
            seq=first + index,
            name=_name(part),
            part=part,
            length_s=length_s,
            starts_at=starts.timestamp() if starts is not None else None,
            cut=bool(segment.discontinuity),
            init=_part(section.absolute_uri, section.byterange, Part("")) if section else None,
            missing=bool(segment.gap_tag),
        )


def _part(url: str, byterange: str | None, before: Part) -> Part:
    if not byterange:
        return Part(url)
    length, _, offset = byterange.partition("@")
    follows = before.offset + (before.length or 0) if before.url == url else 0
    return Part(url, int(offset) if offset else follows, int(length))


def _name(part: Part) -> str:
    path = part.url.partition("?")[0].partition("#")[0]
    last = path.rpartition("/")[2][-80:]
    return last if part.length is None else f"{last}@{part.offset}"
