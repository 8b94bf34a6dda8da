"""A reply as one line of a Twitch chat: at most 500 characters, links whole."""

import re
from typing import Final

from bot.vocabulary import Reply

LONGEST: Final = 500
_GAP: Final = " · "
_COMMANDS: Final = ("/", ".", "!")
_LINK: Final = re.compile(r"https?://\S+")


def line(reply: Reply, *, base_url: str | None = None) -> str:
    """The reply in one line. Words give way to links, the last first; `base_url` is where the rest can be read."""
    links = [media.url for media in reply.media if media.url]
    tail = _kept(links)
    words = _flat(_GAP.join([reply.text, *(f"{field.label}: {field.value}" for field in reply.fields)]))
    if len(words) + len(_GAP) + len(tail) > LONGEST and (inside := _LINK.findall(words)):
        words, tail = _flat(_LINK.sub("", words)), _kept([*inside, *links])
    if not tail and base_url and len(words) > LONGEST:
        tail = base_url
    return _safe(joined(words, tail))


def joined(words: str, tail: str) -> str:
    """Words and what follows them whole, together no longer than a message may be."""
    if not tail:
        return _short(words, LONGEST)
    return f"{_short(words, LONGEST - len(tail) - len(_GAP))}{_GAP}{tail}"


def varied(words: str, mark: str) -> str:
    """The same said another time: Twitch refuses a text that was said within half a minute."""
    return joined(words, f"({mark})")


def _kept(links: list[str]) -> str:
    """As many links as leave room for some words."""
    tail = ""
    for link in links:
        longer = f"{tail} {link}".strip()
        if len(longer) > LONGEST - 100:
            break
        tail = longer
    return tail


def _flat(words: str) -> str:
    return " ".join(words.split())


def _short(words: str, most: int) -> str:
    if len(words) <= most:
        return words
    cut = words[: most - 1]
    if len(cut) - cut.rfind(" ") < 40 and " " in cut:
        cut = cut[: cut.rfind(" ")]
    return f"{cut.rstrip(' ·:,')}…"


def _safe(words: str) -> str:
    """Nothing that Twitch, or a bot, would take for a command."""
    return f"› {words}"[:LONGEST] if words.startswith(_COMMANDS) else words
