"""What holds for every selection, and what explicit wishes get."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from clipnet.errors import BadInput
from pipeline.highlights.edges import Edges
from pipeline.highlights.material import Material
from pipeline.highlights.select import LONGER, SHORTER, select
from pipeline.highlights.signals import measure
from pipeline.model import Span, Word
from pipeline.options import MIN_LENGTH_S, ClipOptions


def material(length_s: float, seed: int = 0, *, words: bool = True, start_s: float = 0.0) -> Material:
    rng = np.random.default_rng(seed)
    bins = int(np.ceil(length_s))
    said: list[Word] = []
    at_s = start_s
    while words and at_s < start_s + length_s - 1:
        end_s = at_s + float(rng.uniform(0.05, 0.8))
        said.append(Word(at_s, end_s, str(rng.choice(["go", "there.", "why?", "banana", "wow!"]))))
        at_s = end_s + float(rng.choice([0.0, 0.05, 0.7]))
    cuts = start_s + np.sort(rng.uniform(0, length_s, bins // 8))
    loud, flux, zero, motion = (rng.normal(middle, abs(middle) / 5, bins) for middle in (-25, 0.2, 0.1, 4))
    return Material(Span(start_s, start_s + length_s), loud, flux, zero, np.abs(motion), cuts, (), tuple(said))


def spoken(said: list[Word]) -> Material:
    flat = np.ones(200)
    return Material(Span(0, 200), flat, flat, flat, flat, np.zeros(0), (), tuple(said))


lengths = st.floats(5, 900)


@example_settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(lengths, st.integers(0, 1000), st.floats(5, 60), st.integers(1, 6) | st.none(), st.floats(0, 500))
def test_every_selection_keeps_the_rules(
    length_s: float, seed: int, clip_s: float, count: int | None, start_s: float
) -> None:
    given_material = material(length_s, seed, start_s=start_s)
    signals = measure(given_material)
    options = ClipOptions(length_s=clip_s, count=count)
    moments = select(given_material, signals, options)
    spans = [moment.span for moment in moments]
    assert spans
    wished_s = min(clip_s, length_s)
    least_s = SHORTER * wished_s if count is None else min(SHORTER * wished_s, MIN_LENGTH_S)
    for span in spans:
        assert given_material.span.start_s <= span.start_s < span.end_s <= given_material.span.end_s
        assert least_s - 0.01 <= span.length_s <= LONGER * wished_s + 0.01
        for word in given_material.words:
            assert not word.start_s < span.start_s < word.end_s
            assert not word.start_s < span.end_s < word.end_s
    assert not any(a.overlaps(b) for index, a in enumerate(spans) for b in spans[index + 1 :])
    assert all(moment.reason and 0 <= moment.verdict.score <= 1 for moment in moments)
    assert all(0 <= value <= 1 for moment in moments for value in moment.verdict.values.values())
    assert select(given_material, signals, options) == moments


@pytest.mark.parametrize(("length_s", "least"), [(0.5, 1), (30.0, 1), (240.0, 4), (571.0, 4)])
def test_there_is_always_a_clip_and_more_where_there_is_room(length_s: float, least: int) -> None:
    given_material = material(length_s)
    assert len(select(given_material, measure(given_material), ClipOptions())) >= least


@pytest.mark.parametrize(("length_s", "count"), [(42.0, 2), (42.0, 4), (42.0, 1), (65.0, 5), (200.0, 10), (600.0, 10)])
@pytest.mark.parametrize("seed", range(4))
def test_as_many_as_are_asked_for_if_need_be_shorter(length_s: float, count: int, seed: int) -> None:
    given_material = material(length_s, seed)
    moments = select(given_material, measure(given_material), ClipOptions(count=count))
    assert len(moments) == count
    assert all(moment.span.length_s >= MIN_LENGTH_S for moment in moments)


@pytest.mark.parametrize(("length_s", "count", "most"), [(12.0, 10, 2), (4.0, 3, 1), (30.0, 10, 6)])
def test_more_than_there_is_room_for_gives_what_there_is(length_s: float, count: int, most: int) -> None:
    given_material = material(length_s, words=False)
    moments = select(given_material, measure(given_material), ClipOptions(count=count))
    assert 1 <= len(moments) <= most
    assert all(moment.span.length_s >= min(MIN_LENGTH_S, length_s) - 0.01 for moment in moments)


def test_a_source_without_sound_or_words_still_yields_a_clip() -> None:
    none = np.zeros(0)
    silent = Material(Span(0, 90), none, none, none, np.full(90, 2.0), none)
    (best, *_) = select(silent, measure(silent), ClipOptions())
    assert best.span.length_s == pytest.approx(30, rel=0.31)
    nothing = Material(Span(0, 90), none, none, none, none, none)
    assert select(nothing, measure(nothing), ClipOptions())


def test_an_explicit_range_is_cut_there() -> None:
    given_material = material(100, words=False)
    (moment,) = select(given_material, measure(given_material), ClipOptions(start_s=12.25, end_s=20.5))
    assert moment.span == Span(12.25, 20.5)
    assert "0:12" in moment.reason


def test_a_range_past_the_end_is_shortened_and_one_beyond_it_refused() -> None:
    given_material = material(42, words=False)
    signals = measure(given_material)
    (moment,) = select(given_material, signals, ClipOptions(start_s=40, end_s=70))
    assert moment.span == Span(40, 42)
    for options in (ClipOptions(start_s=50, end_s=70), ClipOptions(at_s=43)):
        with pytest.raises(BadInput, match="0:42"):
            select(given_material, signals, options)


@pytest.mark.parametrize("at_s", [0.0, 3.0, 50.0, 99.5])
def test_an_explicit_moment_is_held(at_s: float) -> None:
    given_material = material(100, seed=3)
    (moment,) = select(given_material, measure(given_material), ClipOptions(at_s=at_s, length_s=20))
    assert moment.span.start_s <= at_s <= moment.span.end_s
    assert 14 <= moment.span.length_s <= 26


def test_a_phrase_is_found_and_held() -> None:
    said = [Word(n * 2.0, n * 2.0 + 0.5, f"w{n}") for n in range(100)]
    said[60:62] = [Word(120.0, 120.4, "my"), Word(122.0, 122.4, "Banana!")]
    talk = spoken(said)
    for phrase in ("banana", "My banana", "bananas"):
        (moment,) = select(talk, measure(talk), ClipOptions(find=phrase, length_s=15))
        assert moment.span.start_s < 122.0 < 122.4 < moment.span.end_s
        assert phrase in moment.reason
    with pytest.raises(BadInput, match="cucumber"):
        select(talk, measure(talk), ClipOptions(find="cucumber"))


def test_places_that_fit_into_one_clip_share_it() -> None:
    said = [Word(at, at + 0.4, "banana") for at in (10.0, 16.0, 150.0)]
    moments = select(spoken(said), measure(spoken(said)), ClipOptions(find="banana", length_s=20))
    assert [len([w for w in said if m.span.start_s <= w.start_s < m.span.end_s]) for m in moments] == [2, 1]


def test_a_sentence_is_not_parted_for_the_sake_of_a_cut() -> None:
    texts = ["And", "then", "it", "ended.", "This", "is", "the", "best", "part.", "So", "long."]
    said = [Word(20 + n * 0.5, 20.45 + n * 0.5, text) for n, text in enumerate(texts)]
    flat = np.ones(60)
    cuts = np.array([20.97, 30.0])
    talk = Material(Span(0, 60), flat, flat, flat, flat, cuts, (), tuple(said))
    edges = Edges(talk.words, talk.silences, talk.cuts_s)
    snapped = edges.snap(Span(21.2, 30.3), talk.span, least_s=7, most_s=12)
    assert snapped is not None
    assert 21.95 <= snapped.start_s <= 22.0
    assert snapped.end_s == 30.0
