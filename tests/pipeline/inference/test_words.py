"""Words come out in order, without overlap, none of zero length, as plain floats."""

import math

from hypothesis import given
from hypothesis import strategies as st

from pipeline.inference.words import repaired
from pipeline.model import Span, Word

times = st.floats(-5, 40) | st.just(math.nan)
words = st.builds(Word, times, times, st.sampled_from(["a", "banana", " ", "forty-two"]), st.floats(0, 2))


@given(st.lists(words, max_size=30))
def test_any_words_are_mended(given_words: list[Word]) -> None:
    span = Span(1.0, 30.0)
    mended = repaired(given_words, span)
    assert [w.text for w in mended] == [w.text for w in given_words if w.text.strip()]
    edges = [edge for word in mended for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert all(w.end_s > w.start_s and span.start_s <= w.start_s and w.end_s <= span.end_s for w in mended)
    assert all(type(w.start_s) is float and 0 <= w.probability <= 1 for w in mended)


@given(st.lists(words, max_size=12))
def test_mending_twice_changes_nothing(given_words: list[Word]) -> None:
    once = repaired(given_words, Span(0.0, 30.0))
    assert repaired(once, Span(0.0, 30.0)) == once


def test_more_words_than_fit_are_squeezed() -> None:
    mended = repaired([Word(0.0, 0.0, "x")] * 50, Span(0.0, 0.5))
    assert len(mended) == 50
    assert all(word.end_s > word.start_s for word in mended)


def test_good_words_stay_as_they_are() -> None:
    good = (Word(1.0, 1.4, "ask", 0.9), Word(1.5, 1.8, "not", 0.8))
    assert repaired(good, Span(0.0, 3.0)) == good
