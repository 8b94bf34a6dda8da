"""A sentence keeps what it was made from, and what is filled in is never read as anything."""

import copy
import json

import pytest
from pydantic import BaseModel

from clipnet.texts import Sentence, Text, beside, joined, marked, restore, revived, text


class Table:
    """A catalogue of a few sentences; the plural has one form for everything."""

    def __init__(self, **words: str) -> None:
        self.words = words

    def find(self, template: str, plural: str, count: int | None) -> str | None:  # noqa: ARG002
        """See `Catalogue`."""
        return self.words.get(template.partition(" ")[0].lower())


class Said(BaseModel):
    """A model that a sentence passes through."""

    sentence: Sentence


FRENCH = Table(hello="Bonjour {name} !", clip="un clip", deleted="{what} est parti.", **{"`undo`": "dis `undo`"})


def test_it_is_english_and_can_be_told_in_another_language() -> None:
    said = text("Hello {name}.", name="Ann")
    assert said == "Hello Ann."
    assert said.told(FRENCH) == "Bonjour Ann !"
    assert type(said.told(None)) is str


@pytest.mark.parametrize("name", ["{n}", "{name}", "{0.__class__}", "{", "}}", "%s", "Hello {name}."])
def test_what_is_filled_in_is_never_interpreted(name: str) -> None:
    said = text("Hello {name}.", name=name)
    assert (said, said.told(FRENCH)) == (f"Hello {name}.", f"Bonjour {name} !")
    assert restore(json.loads(json.dumps(said.stored()))).told(FRENCH) == f"Bonjour {name} !"


def test_a_sentence_inside_a_sentence_is_told_too_and_a_name_is_not() -> None:
    assert text("Deleted {what}.", what=text("clip")).told(FRENCH) == "un clip est parti."
    assert text("Deleted {what}.", what="clip").told(FRENCH) == "clip est parti."


def test_what_a_language_lacks_stays_english_around_what_it_knows() -> None:
    assert text("Gone: {what}.", what=text("clip")).told(FRENCH) == "Gone: un clip."
    assert text("Braces {stay}").told(FRENCH) == "Braces {stay}"


def test_commands_are_told_as_they_are_written_in_the_place() -> None:
    said = text("Say `clip {name}`, or: {what}", name="{n}", what=text("`undo` it"))
    assert said == "Say clip {n}, or: undo it"
    assert said.told(None, "/") == "Say /clip {n}, or: /undo it"
    assert said.told(FRENCH, "!") == "Say !clip {n}, or: dis !undo"
    kept = beside(hint=text("`undo` it"))
    assert revived({"hint": "undo it", **kept}, "hint").told(FRENCH, "!") == "dis !undo"


def test_the_number_decides_between_the_forms() -> None:
    assert [text("{n} cat", "{n} cats", n=n) for n in (0, 1, 2)] == ["0 cats", "1 cat", "2 cats"]


def test_sentences_in_a_row_are_each_told() -> None:
    row = joined([text("Hello {name}.", name="{n}"), "", "As it is.", text("clip")])
    assert (row, row.told(FRENCH)) == ("Hello {n}. As it is. clip", "Bonjour {n} ! As it is. un clip")
    assert joined([]) == joined([""]) == ""


def test_it_survives_copies_models_and_the_ledger() -> None:
    said = joined([text("Hello {name}.", name="Ann"), text("{n} cat", "{n} cats", n=2)])
    for same in (copy.deepcopy(said), restore(json.loads(json.dumps(said.stored()))), Said(sentence=said).sentence):
        assert isinstance(same, Text)
        assert (same, same.told(FRENCH)) == ("Hello Ann. 2 cats", "Bonjour Ann ! 2 cats")
    assert json.loads(Said(sentence=said).model_dump_json()) == {"sentence": "Hello Ann. 2 cats"}


def test_the_ledger_keeps_only_what_a_sentence_needs_to_be_told_again() -> None:
    told = {"sentence": text("Hello {name}.", name="Ann"), "hint": text("clip")}
    kept = json.loads(json.dumps({**told, **beside(**told)}))
    assert set(kept["texts"]) == {"sentence"}
    again = [revived(kept, part).told(FRENCH) for part in ("sentence", "hint", "none")]
    assert again == ["Bonjour Ann !", "un clip", ""]
    assert beside(hint=marked("clip"), sentence="plain") == {}
