"""Every language of a community has its file, and a look-up is all that telling costs."""

from typing import get_args

from bot.community import Language
from bot.languages.catalogue import catalogue, languages
from clipnet.texts import SOURCE_LANGUAGE, marked, text


def test_there_is_a_file_for_every_language_that_can_be_chosen() -> None:
    assert {SOURCE_LANGUAGE, *languages()} == set(get_args(Language))


def test_a_file_is_read_once() -> None:
    assert catalogue("es") is catalogue("es")
    assert catalogue(SOURCE_LANGUAGE) is catalogue("../de") is catalogue("fr") is None


def test_the_forms_of_a_language_follow_the_number() -> None:
    told = [text("{n} clip.", "{n} clips.", n=n).told(catalogue("de")) for n in (0, 1, 2)]
    assert told == ["0 Clips.", "1 Clip.", "2 Clips."]


def test_nothing_said_stays_nothing() -> None:
    assert marked("").told(catalogue("de")) == ""


def test_a_sentence_that_nobody_translated_stays_english() -> None:
    told = [text("{n} unheard-of cat", "{n} unheard-of cats", n=n).told(catalogue("es")) for n in (1, 2)]
    assert told == ["1 unheard-of cat", "2 unheard-of cats"]
    assert marked("unheard of").told(catalogue("es")) == "unheard of"
