"""What “this” means on Discord: the video of a message, as a file, a link or a preview, or the clip that it shows."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.adapters.discord import buttons
from bot.vocabulary import Subject

_LINK = re.compile(r"https?://[^\s<>()\[\]|*`]+", re.IGNORECASE)
_OUR_FILE = re.compile(r"^clip-([0-9A-HJKMNP-TV-Z]{6})\.\w+$")
_NAMING = {"vote": "clip", "approve": "id", "why": "id", "title": "id", "trim": "id"}
"""Commands whose button tells which clip a message shows, and by which parameter."""
_VIDEO_NAMES = (".mp4", ".mov", ".mkv", ".webm", ".m4v", ".avi", ".ts")
Wire = Mapping[str, Any]


def of_message(message: Wire, bot_id: str) -> Subject:
    """What a message, as Discord describes it, shows: one of our clips, else a video, else the first link in it."""
    if str((message.get("author") or {}).get("id")) == bot_id and (clip := _our_clip(message)):
        return Subject(clip=clip)
    return Subject(video=_file(message.get("attachments") or ()) or _link(message))


def video_of(attachment: Wire) -> str | None:
    """The address of an attached file, if it is a video."""
    kind, name = str(attachment.get("content_type") or ""), str(attachment.get("filename") or "").lower()
    return str(attachment["url"]) if kind.startswith("video/") or name.endswith(_VIDEO_NAMES) else None


def _file(attachments: Sequence[Wire]) -> str | None:
    return next((url for each in attachments if (url := video_of(each))), None)


def _link(message: Wire) -> str | None:
    embeds = message.get("embeds") or ()
    shown = (str(e["url"]) for e in embeds if e.get("type") == "video" and e.get("url"))
    written = (found[0].rstrip(".,;:!?'\"") for found in _LINK.finditer(str(message.get("content") or "")))
    played = (str(e["video"]["url"]) for e in embeds if (e.get("video") or {}).get("url"))
    return next(shown, None) or next(written, None) or next(played, None)


def _our_clip(message: Wire) -> str | None:
    for each in message.get("attachments") or ():
        if found := _OUR_FILE.match(str(each.get("filename") or "")):
            return found[1]
    for button in _parts(message.get("components") or ()):
        pressed = buttons.read(str(button.get("custom_id") or ""))
        named = _NAMING.get(pressed.command, "") if pressed else ""
        if pressed is not None and named in pressed.args:
            return pressed.args[named]
    return None


def _parts(components: Sequence[Wire]) -> list[Wire]:
    return [part for each in components for part in (each, *_parts(each.get("components") or ()))]
