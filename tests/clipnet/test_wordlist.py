"""Unwanted words are found in spite of the usual tricks, and innocent ones are left alone."""

import pytest

from clipnet.wordlist import COVER, WordList, normalise

LIST = WordList(["badword", "kick me", "darn", "悪い"])


@pytest.mark.parametrize(
    "text",
    [
        "a badword here",
        "BADWORD",
        "bàdwörd",
        "ｂａｄｗｏｒｄ",
        "b4dw0rd!",
        "b.a.d.w.o.r.d",
        "b a d w o r d",
        "baaadwooord",
        "b\u200bad\u00adword",
        "bаdwоrd",
        "hello,badword",
        "please KICK  me",
        "これは悪いです",
        "𝐛𝐚𝐝𝐰𝐨𝐫𝐝",
    ],
)
def test_a_trick_does_not_help(text: str) -> None:
    assert LIST.find(text), normalise(text)


@pytest.mark.parametrize("text", ["badwords", "good word", "darning", "kick him", "I a m o k", "100 people", "", "!!!"])
def test_words_that_only_look_similar_are_left_alone(text: str) -> None:
    assert not LIST.find(text)
    assert LIST.cover(text) == text


def test_only_the_word_is_covered() -> None:
    assert LIST.cover("what a badword day") == f"what a {COVER} day"
    assert LIST.cover("do kick me now") == f"do {COVER} {COVER} now"


def test_a_list_without_words_finds_nothing() -> None:
    assert not WordList()
    assert not WordList().find("badword")
