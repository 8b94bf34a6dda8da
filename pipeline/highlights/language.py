"""What words alone tell about each second: pace, words that mark a moment, terms that stand nowhere else."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from pipeline.highlights.material import Track
from pipeline.model import Span, Word

PASSAGE_S = 20.0
"""Length of the passages among which a term is rare or common."""
SHORTEST_TERM = 4

_MARKING = """
    amazing awesome best bizarre crazy danger die disaster dream epic ever fail fantastic finally first free funny goal
    great happened hate hilarious impossible incredible insane joke kill laugh legend lose magic mistake money must
    never nobody perfect please prize record remember ridiculous scared secret shocked stop story strange surprise
    terrible truth unbelievable victory wait watch why win winner won wonderful wow wrong
    """
MARKING = frozenset(_MARKING.split())

_COMMON = """
    about after again all also and are because been before being both but can could did does doing down each even
    every few for from further going gone gonna had has have having here hers him his how into its itself just know
    like made make many may maybe more most much myself not now off okay once one only other our out over own really
    right said same say see she should some something such than that the their them then there these they thing things
    think this those through too two under until upon use very want was way well were what when where which while who
    whom why will with within without would yeah yes you your
    """
COMMON = frozenset(_COMMON.split())


def term(text: str) -> str:
    """A word as it is compared: lower case, letters and digits only."""
    return re.sub(r"[^\w']", "", text.lower()).strip("'_")


def spread(words: Sequence[Word], weights: Sequence[float], span: Span, seconds: int) -> Track:
    """Sums `weights` into the second in which each word begins."""
    track = np.zeros(seconds)
    for word, weight in zip(words, weights, strict=True):
        at = int(word.start_s - span.start_s)
        if 0 <= at < seconds:
            track[at] += weight
    return track


def marking(word: Word) -> float:
    """How much one word marks a moment: listed words, questions and exclamations."""
    text = word.text.rstrip("\"')]")
    return float(term(word.text) in MARKING) + 0.7 * text.endswith("?") + 1.0 * text.endswith("!")


def rarities(words: Sequence[Word]) -> dict[str, float]:
    """Inverse document frequency of each content term over passages of `PASSAGE_S`; 0 for a term that is everywhere."""
    passages: dict[str, set[int]] = {}
    for word in words:
        key = term(word.text)
        if len(key) >= SHORTEST_TERM and key not in COMMON:
            passages.setdefault(key, set()).add(int(word.start_s / PASSAGE_S))
    count = len({passage for where in passages.values() for passage in where})
    return {key: math.log(count / len(where)) for key, where in passages.items()}


def salience(words: Sequence[Word]) -> list[float]:
    """TF-IDF of each word within its passage: rare elsewhere, repeated here."""
    rare = rarities(words)
    here = Counter((int(word.start_s / PASSAGE_S), term(word.text)) for word in words)
    return [
        rare.get(term(word.text), 0.0) * math.log1p(here[int(word.start_s / PASSAGE_S), term(word.text)])
        for word in words
    ]


def keywords(words: Sequence[Word], background: Sequence[Word], most: int) -> list[str]:
    """The `most` telling terms of `words`, seen against all that is said, most telling first."""
    rare = rarities(background)
    score: Counter[str] = Counter()
    for word in words:
        key = term(word.text)
        if key in rare:
            score[key] += 1 + rare[key]  # type: ignore[assignment]
    return [key for key, _ in sorted(score.items(), key=lambda pair: (-pair[1], pair[0]))[:most]]
