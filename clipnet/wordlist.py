"""Unwanted words, found in spite of the usual tricks, and covered up."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

COVER = "•••"
SHORTEST, LONGEST = 2, 60

_LATIN_OF = {
    "авекмнорстухѕіјһԁԛԝүп": "abekmhopctyxsijhdqwyn",
    "αβεηικμνορτυχω": "abenikmvoptuxw",
    "ıøłɡ": "iolg",
}
_LETTERS = str.maketrans({a: b for alike, latin in _LATIN_OF.items() for a, b in zip(alike, latin, strict=True)})
_DIGITS = str.maketrans("0134578@$!|", "oieastbasii")
_BREAKS = re.compile(r"[^\w@$!|]+|_")
_REPEATS = re.compile(r"(.)\1+")


def normalise(text: str) -> str:
    """The form in which words are compared: words apart by one blank, no case, no accents, lookalikes made one.

    Compatibility forms (full width, circled, mathematical letters), letters of other alphabets that look the same,
    digits and signs in place of letters, invisible characters and accents make no difference.
    """
    return " ".join(filter(None, map(_plain, text.split())))


def _plain(token: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", token).casefold())
    seen = "".join(ch for ch in folded if unicodedata.category(ch) not in ("Mn", "Me", "Cf", "Cc"))
    letters = unicodedata.normalize("NFC", seen).translate(_LETTERS)
    if any(ch.isalpha() for ch in letters):
        letters = letters.strip("!|").translate(_DIGITS)
    return "".join(ch for ch in letters if ch.isalnum())


class WordList:
    """Words and phrases to look for, in any spelling."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        found = [tuple(word.split()) for word in map(normalise, words) if word]
        self._phrases = {_short(phrase) for phrase in found}
        self._longest = max((len(phrase) for phrase in self._phrases), default=0)
        self._unspaced = {"".join(p) for p in self._phrases if any(unicodedata.category(c) == "Lo" for c in p[0])}

    def __bool__(self) -> bool:
        return bool(self._phrases)

    def hits(self, tokens: Sequence[str]) -> set[int]:
        """Which of the words of a text belong to an unwanted one.

        Whole words only, so that innocent ones which contain another stay; what is spelled out letter by letter
        counts as one word, and scripts that put no blanks between words are searched anywhere.
        """
        plain = [_plain(token) for token in tokens]
        found = {i for i, token in enumerate(tokens) if self._within(token, plain[i])}
        for start in range(len(tokens)):
            for end in range(start + 2, min(len(tokens), start + self._longest) + 1):
                if _short(tuple(plain[start:end])) in self._phrases:
                    found |= set(range(start, end))
        for start, end in _spelled_out(plain):
            if self._in_letters("".join(plain[start:end])):
                found |= set(range(start, end))
        return found

    def find(self, text: str) -> bool:
        """Whether a text has an unwanted word."""
        return bool(self and self.hits(text.split()))

    def cover(self, text: str) -> str:
        """The text with unwanted words covered up."""
        tokens = text.split()
        hits = self.hits(tokens) if self else set()
        return " ".join(COVER if i in hits else token for i, token in enumerate(tokens)) if hits else text

    def _within(self, token: str, plain: str) -> bool:
        if _short((plain,)) in self._phrases or any(word in plain for word in self._unspaced):
            return True
        parts = [_plain(part) for part in _BREAKS.split(token)]
        return any(_short((part,)) in self._phrases for part in parts if part)

    def _in_letters(self, letters: str) -> bool:
        squeezed = _REPEATS.sub(r"\1", letters)
        return any("".join(phrase) in squeezed for phrase in self._phrases if len("".join(phrase)) > SHORTEST)


def _short(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """Letters said twice or more count once: who stretches a word means the same."""
    return tuple(_REPEATS.sub(r"\1", word) for word in phrase)


def _spelled_out(plain: Sequence[str]) -> list[tuple[int, int]]:
    """Runs of three or more single letters: from, and up to."""
    runs, start = [], 0
    for at in range(len(plain) + 1):
        if at < len(plain) and len(plain[at]) <= 1:
            continue
        if at - start >= 3:
            runs.append((start, at))
        start = at + 1
    return runs
