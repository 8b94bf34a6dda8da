"""How X weighs a text, and what keeps people's words from mentioning, tagging or linking there.

The weights are those of X's documentation of counting characters: normalised to NFC; a link 23, an emoji 2 whatever it
is joined of, Latin and its neighbours 1, everything else 2.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 280
LINK: Final = 23
_LIGHT: Final = ((0x0, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_PICTURE = "[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff]"
_DRESSED = f"{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_EMOJI = rf"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_DRESSED}(?:\u200d{_DRESSED})*"
_DOMAIN = r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}(?:/\S*)?"
_PIECE = re.compile(rf"(?P<link>https?://\S+|{_DOMAIN})|(?P<emoji>{_EMOJI})|.", re.IGNORECASE | re.DOTALL)
_ACTS = re.compile(r"([@\uff20#\uff03$])(?=\w)|(?<=\w)(\.)(?=[^\W\d_]{2})|(?<=\w)(:)(?=//)")
NO_WIDTH: Final = "\u200b"
CUT: Final = "…"


def weight(words: str) -> int:
    """What a text counts towards the 280. Where X may see a link and we can't be sure, the heavier one."""
    return sum(weighs for _, weighs in _pieces(unicodedata.normalize("NFC", words)))


def fitted(words: str, room: int) -> str:
    """The text, or as much of it as weighs no more than `room`, with a sign that it was cut."""
    words = unicodedata.normalize("NFC", words)
    if weight(words) <= room:
        return words
    left, kept = room - weight(CUT), ""
    for piece, weighs in _pieces(words):
        if weighs > left:
            break
        kept, left = kept + piece, left - weighs
    return kept.rstrip() + CUT if kept.strip() else ""


def quiet(words: str) -> str:
    """Words that name nobody, are no tag and no link on X, and read as they did."""
    return _ACTS.sub(lambda found: _apart(found[0]), words)


def _apart(sign: str) -> str:
    return f"{NO_WIDTH}{sign}" if sign in ".:" else f"{sign}{NO_WIDTH}"


def _pieces(words: str) -> Iterator[tuple[str, int]]:
    for found in _PIECE.finditer(words):
        piece = found[0]
        if found["link"]:
            yield piece, LINK if "://" in piece else max(LINK, sum(map(_heft, piece)))
        elif found["emoji"]:
            yield piece, 2
        else:
            yield piece, _heft(piece)


def _heft(character: str) -> int:
    return 1 if any(low <= ord(character) <= high for low, high in _LIGHT) else 2
