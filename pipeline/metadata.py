"""Title, description and hashtags of a clip, from what is said in it, within each platform's limits."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clipnet.wordlist import COVER, WordList
from pipeline.highlights.language import keywords
from pipeline.highlights.reasons import quote
from pipeline.model import Word

Platform = Literal["youtube", "tiktok", "x", "discord"]
WORD_JOINER = "\u2060"
MOST_TAGS = 5
NOTHING_BANNED = WordList()


@dataclass(frozen=True, slots=True)
class Limits:
    """Most characters of each text; `tags` is how many hashtags are shown."""

    title: int
    description: int
    tags: int


PLATFORMS: Mapping[Platform, Limits] = {
    "youtube": Limits(title=100, description=5000, tags=5),
    "tiktok": Limits(title=90, description=2200, tags=5),
    "x": Limits(title=100, description=280, tags=2),
    "discord": Limits(title=100, description=2000, tags=3),
}


@dataclass(frozen=True, slots=True)
class Metadata:
    """The words that go with a clip; `texts` holds title and description by platform, tags included."""

    title: str
    hashtags: tuple[str, ...]
    texts: dict[Platform, dict[str, str]]

    def stored(self) -> dict[str, Any]:
        """As kept in `clips.metadata`."""
        return {"title": self.title, "hashtags": list(self.hashtags), "platforms": self.texts}


def neutral(text: str, longest: int) -> str:
    """`text` on one line that pings nobody and formats nothing, at most `longest` characters.

    Control and direction-changing characters go, markup and angle brackets lose their power, mentions are broken.
    """
    kept = "".join(" " if ch.isspace() else ch for ch in text if ch.isspace() or unicodedata.category(ch)[0] != "C")
    plain = re.sub(r"[<>`*_~|\\\[\]{}]", "", kept)
    unlinked = re.sub(r"(?i)\b(?:https?|ftp|javascript|data):\S*", "", plain)
    broken = re.sub(r"@(?=\S)", "@" + WORD_JOINER, re.sub(r"\s+", " ", unlinked).strip())
    return shortened(broken, longest)


def shortened(text: str, longest: int) -> str:
    """At most `longest` characters, cut between words where there is a gap in its second half."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    gap = cut.rfind(" ")
    return (cut[:gap] if gap > longest // 2 else cut).rstrip(" ,;:" + WORD_JOINER) + "…"


def describe(
    said: Sequence[Word],
    everything: Sequence[Word],
    *,
    source_title: str,
    reason: str,
    rank: int = 1,
    banned: WordList = NOTHING_BANNED,
) -> Metadata:
    """Words for a clip in which `said` is spoken, out of a source in which `everything` is.

    Args:
        banned: words not to be read in any of them; `said` comes with these covered, and is no title then.
    """
    tags = tuple(dict.fromkeys(filter(None, (hashtag(key) for key in keywords(said, everything, 2 * MOST_TAGS)))))
    hook = quote(said)
    hook = "" if COVER in hook else hook
    name = re.sub(r"\.[A-Za-z0-9]{2,4}$", "", source_title).strip()
    name = "" if banned.find(name) else name
    title = neutral(hook[:1].upper() + hook[1:] if hook else name, 100) or f"Clip {rank}"
    texts = {
        platform: _text(limits, title, name, banned.cover(reason), tags[:MOST_TAGS])
        for platform, limits in PLATFORMS.items()
    }
    return Metadata(title, tags[:MOST_TAGS], texts)


def hashtag(key: str) -> str:
    """A term as a hashtag; "" when nothing of it can stand in one."""
    letters = "".join(ch for ch in unicodedata.normalize("NFC", key) if ch.isalnum())
    return f"#{letters[:30]}" if letters and not letters.isdigit() else ""


def _text(limits: Limits, title: str, name: str, reason: str, tags: Sequence[str]) -> dict[str, str]:
    shown = " ".join(tags[: limits.tags])
    lines = [neutral(line, 500) for line in (title, f"From {name}" if name else "", reason)]
    body = shortened("\n".join(filter(None, lines)), limits.description - len(shown) - 1)
    return {"title": shortened(title, limits.title), "description": f"{body}\n{shown}" if shown else body}
