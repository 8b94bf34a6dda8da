"""How X reads the text of a post: weighted length, mentions, links."""

import re
import unicodedata
from typing import Any, NamedTuple

LONGEST = 280
LINK_WEIGHT = 23

_LINK = re.compile(
    r"https?://[^\s]+|(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|tv|gg|app|dev)\b(?:/[^\s]*)?", re.I
)
_MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@])")
_HASHTAG = re.compile(r"(?<![\w&])#(\w*[^\W\d]\w*)")
_LIGHT = ((0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_JOINER, _SHOWN_AS_EMOJI, _KEYCAP = "\u200d", "\ufe0f", "\u20e3"


class Mention(NamedTuple):
    """A handle in a text, with its place."""

    name: str
    start: int
    end: int


def mentions_in(text: str) -> list[Mention]:
    """The handles that a text names, without the `@`."""
    return [Mention(found[1], found.start(), found.end()) for found in _MENTION.finditer(text)]


def weighted_length(text: str) -> int:
    """What a text counts towards the 280: links 23, emoji 2, light characters 1, all others 2."""
    text = unicodedata.normalize("NFC", text)
    rest = _LINK.sub("", text)
    return LINK_WEIGHT * len(_LINK.findall(text)) + sum(_weight(rest, at) for at in range(len(rest)))


def _weight(text: str, at: int) -> int:
    """Of one character; what continues an emoji weighs nothing, so that a joined family counts as one."""
    character = text[at]
    before = text[at - 1] if at else ""
    if character in {_SHOWN_AS_EMOJI, _KEYCAP} or _modifies_skin(character):
        return 0
    if character == _JOINER and _is_emoji(before):
        return 0
    if before == _JOINER and _is_emoji(character):
        return 0
    if _is_flag(character):
        flags = len(text[:at]) - len(text[:at].rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
        return 0 if flags % 2 else 2
    return 1 if any(low <= ord(character) <= high for low, high in _LIGHT) else 2


def _is_emoji(character: str) -> bool:
    return bool(character) and (
        ord(character) >= 0x1F000 or 0x2600 <= ord(character) <= 0x27BF or character == _SHOWN_AS_EMOJI
    )


def _modifies_skin(character: str) -> bool:
    return 0x1F3FB <= ord(character) <= 0x1F3FF


def _is_flag(character: str) -> bool:
    return 0x1F1E6 <= ord(character) <= 0x1F1FF


def entities(text: str, ids: dict[str, str]) -> dict[str, Any]:
    """The entities of a text; `ids` are the accounts' ids by lower-case handle, unknown handles are no mentions."""
    found: dict[str, Any] = {
        "mentions": [
            {"start": one.start, "end": one.end, "username": one.name, "id": ids[one.name.lower()]}
            for one in mentions_in(text)
            if one.name.lower() in ids
        ],
        "urls": [
            {"start": one.start(), "end": one.end(), "url": one[0], "expanded_url": one[0], "display_url": one[0]}
            for one in _LINK.finditer(text)
        ],
        "hashtags": [{"start": one.start(), "end": one.end(), "tag": one[1]} for one in _HASHTAG.finditer(text)],
    }
    return {kind: entries for kind, entries in found.items() if entries}
