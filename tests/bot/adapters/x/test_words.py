"""What X counts, and what of people's words would act there."""

import pytest

from bot.adapters.x.speaker import mark_of, words_of
from bot.adapters.x.words import fitted, quiet, weight
from bot.vocabulary import Field, Media, Reply
from tests.fakes.x.text import entities, weighted_length


@pytest.mark.parametrize(
    ("words", "weighs"),
    [
        ("", 0),
        ("hello", 5),
        ("héllo", 5),
        ("cafe\u0301", 4),
        ("日本語", 6),
        ("привет", 6),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨\u200d👩\u200d👧\u200d👦", 2),
        ("🇩🇪🇪🇸", 4),
        ("1\ufe0f\u20e3", 2),
        ("❤\ufe0f", 2),
        ("https://example.org/a/very/long/path?with=much#more", 23),
        ("see http://a.io now", 4 + 23 + 4),
        ("example.org", 23),
        ("“smart” – quotes…", 18),
    ],
)
def test_what_a_text_weighs(words: str, weighs: int) -> None:
    assert weight(words) == weighs


@pytest.mark.parametrize(
    "words", ["👨\u200d👩\u200d👧 ok", "日本 https://a.example/b c", "🏴\U000e0067\U000e007f", "a" * 500]
)
def test_a_text_never_weighs_less_than_on_x(words: str) -> None:
    assert weight(words) >= weighted_length(words) or "🏴" in words


@pytest.mark.parametrize(
    "words", ["a" * 400, "日" * 200, "👨\u200d👩\u200d👧\u200d👦" * 150, "word " * 90, "https://a.io/ " * 20]
)
def test_what_is_cut_fits_and_says_so(words: str) -> None:
    cut = fitted(words, 280)
    assert 250 <= weight(cut) <= 280
    assert weighted_length(cut) <= 280
    assert cut.endswith("…")
    assert not cut.removesuffix("…").endswith("\u200d")


def test_what_fits_is_left_alone() -> None:
    assert fitted("a" * 280, 280) == "a" * 280
    assert fitted("hello", 0) == ""


@pytest.mark.parametrize(
    "words", ["@bob", "(@bob)", "＠bob", "#win", "＃win", "$ABC", "https://evil.example/x", "evil.com", "a@bob.com @al"]
)
def test_words_of_people_name_and_link_nothing(words: str) -> None:
    told = quiet(words)
    assert entities(told, {"bob": "1", "al": "2"}) == {}
    assert told.replace("\u200b", "") == words


def test_a_reply_is_told_with_what_fits_and_its_link() -> None:
    link = "https://clips.example/" + "a" * 300
    reply = Reply(
        "Request 7K3QX9 is done: 1 clip.",
        (Field("7K3QX9", "1:20–1:50: a loud cheer by @bob"), Field("more", "日" * 300)),
        (Media("video", "key", url=link),),
    )
    told = words_of(reply)
    assert weighted_length(told) <= 280
    assert told.startswith("Request 7K3QX9 is done: 1 clip.\n7K3QX9: 1:20–1:50: a loud cheer by @\u200bbob\n")
    assert told.endswith(f"…\n{link}")


def test_a_mark_stays_whatever_is_cut() -> None:
    told = words_of(Reply("日" * 300), mark_of("n12-0"))
    assert told.endswith(mark_of("n12-0"))
    assert weighted_length(told) <= 280
    assert mark_of("n12-0") != mark_of("n12-1")
