"""How far what was heard is from what was said."""

from collections.abc import Sequence

from pipeline.highlights.language import term


def word_error_rate(said: Sequence[str], heard: Sequence[str]) -> float:
    """Words inserted, left out or changed, per word said; case and punctuation don't count."""
    truth, found = _terms(said), _terms(heard)
    if not truth:
        return 0.0 if not found else 1.0
    row = list(range(len(found) + 1))
    for index, word in enumerate(truth, 1):
        above, row[0] = row[0], index
        for place, other in enumerate(found, 1):
            best = min(row[place] + 1, row[place - 1] + 1, above + (word != other))
            above, row[place] = row[place], best
    return row[-1] / len(truth)


def _terms(words: Sequence[str]) -> list[str]:
    return [key for word in words for part in word.split() if (key := term(part))]
