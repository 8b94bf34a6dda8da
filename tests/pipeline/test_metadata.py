"""Titles, descriptions and hashtags stay within limits and can't steer the place they are shown in."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.metadata import PLATFORMS, Metadata, describe, hashtag, neutral
from pipeline.model import Word

texts = st.text(max_size=400)


def _words(said: list[str]) -> list[Word]:
    return [Word(n * 0.5, n * 0.5 + 0.4, text) for n, text in enumerate(said)]


def _all(metadata: Metadata) -> list[str]:
    return [metadata.title, *(text for both in metadata.texts.values() for text in both.values())]


@pytest.mark.req("R-069", "positive")
@settings(max_examples=1000, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=40), texts, texts)
def test_every_platforms_limits_hold(said: list[str], title: str, reason: str) -> None:
    words = _words(said)
    metadata = describe(words, words + _words(["other", "words"]), source_title=title, reason=reason)
    assert 1 <= len(metadata.title) <= 100
    for platform, limits in PLATFORMS.items():
        shown = metadata.texts[platform]
        assert 1 <= len(shown["title"]) <= limits.title
        assert len(shown["description"]) <= limits.description
    assert all(tag[1:].isalnum() and len(tag) <= 31 for tag in metadata.hashtags)


@pytest.mark.req("R-069", "negative")
@settings(max_examples=300, deadline=None)
@given(texts, st.sampled_from(["@everyone", "@here", "<@1234>", "**b**", "[x](http://e.vil)", "\u202e", "\x07", "`c`"]))
def test_nothing_pings_or_formats(text: str, attack: str) -> None:
    metadata = describe(_words([attack, text, attack]), _words([text]), source_title=attack + text, reason=attack)
    for shown in _all(metadata):
        assert "@everyone" not in shown
        assert "@here" not in shown
        assert not set(shown) & set("<>`*_~|\\[]{}")
        controls = [ch for ch in shown if unicodedata.category(ch)[0] == "C" and ch not in "\n\u2060"]
        assert controls == []


def test_titles_come_from_what_is_said_else_from_the_source() -> None:
    said = _words(["what", "a", "wonderful", "goal!"])
    assert describe(said, said, source_title="match.mp4", reason="loud").title == "What a wonderful goal!"
    assert describe([], [], source_title="match.mp4", reason="loud").title == "match"
    assert describe([], [], source_title="", reason="loud", rank=3).title == "Clip 3"


def test_hashtags_are_the_telling_words() -> None:
    said = _words(["penalty", "and", "then", "penalty", "again"])
    everything = said + [Word(500 + n, 500.4 + n, "again") for n in range(50)]
    assert describe(said, everything, source_title="", reason="").hashtags[0] == "#penalty"
    assert hashtag("it's") == "#its"
    assert hashtag("1984") == ""


def test_links_and_mentions_lose_their_power() -> None:
    assert neutral("see https://e.vil/x now @everyone\r\nok", 100) == "see now @\u2060everyone ok"
