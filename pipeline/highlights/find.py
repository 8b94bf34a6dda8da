"""Finds a phrase in what was said, forgiving small differences in spelling and recognition."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from pipeline.highlights.language import term
from pipeline.model import Span, Word

GOOD_ENOUGH = 0.8
"""Mean likeness of the words; "bananas" is like "banana" by 0.92."""
EACH_AT_LEAST = 0.6


@dataclass(frozen=True, slots=True)
class Match:
    """Where a phrase is said; `likeness` is 0 to 1."""

    span: Span
    likeness: float


def find_phrase(phrase: str, words: Sequence[Word]) -> list[Match]:
    """Every place where `phrase` is said, in order of time; overlapping places count once, as their best."""
    wanted = [key for part in phrase.split() if (key := term(part))]
    said = [(key, word) for word in words if (key := term(word.text))]
    if not wanted or len(said) < len(wanted):
        return []
    matches: list[Match] = []
    for index in range(len(said) - len(wanted) + 1):
        found = said[index : index + len(wanted)]
        likenesses = [_likeness(key, word) for key, (word, _) in zip(wanted, found, strict=True)]
        mean = sum(likenesses) / len(likenesses)
        if mean < GOOD_ENOUGH or min(likenesses) < EACH_AT_LEAST:
            continue
        match = Match(Span(found[0][1].start_s, found[-1][1].end_s), mean)
        if matches and matches[-1].span.overlaps(match.span):
            if match.likeness > matches[-1].likeness:
                matches[-1] = match
        else:
            matches.append(match)
    return matches


@lru_cache(maxsize=4096)
def _likeness(wanted: str, said: str) -> float:
    if wanted == said:
        return 1.0
    if abs(len(wanted) - len(said)) > 3:
        return 0.0
    return SequenceMatcher(None, wanted, said, autojunk=False).ratio()
