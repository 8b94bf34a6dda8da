"""Every sentence has every language; what is missing, left over or doesn't fit is named."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.languages.catalogue import languages
from clipnet.cli.house import ROOMS, Module, modules
from clipnet.cli.sentences import Found, has_words, misused, of_module, placeholders, sentences
from clipnet.cli.texts import bring_in_step, faults_of, main, read

HEAD = "from clipnet.texts import text\n"


def test_every_sentence_has_every_language() -> None:
    found = sentences()
    faults = [fault for language in languages() for fault in faults_of(language, found)]
    assert not faults, "\n".join(["run `./run clipnet texts`, then translate:", *faults])


def test_every_sentence_can_be_found_and_filled_in() -> None:
    faults = [fault for module in modules(*ROOMS) for fault in misused(module)]
    assert not faults, "\n".join(faults)


def test_the_verb_names_what_the_check_finds(capsys: pytest.CaptureFixture[str]) -> None:
    found = sentences()
    faults = [fault for language in languages() for fault in faults_of(language, found)]
    assert main(["--check"]) == (1 if faults else 0)
    assert capsys.readouterr().out.splitlines() == faults


def test_sentences_are_found_where_they_are_written() -> None:
    code = HEAD + (
        "a = text('one' ' two')\nb = text('{n} cat', '{n} cats', n=2)\n"
        "c = Command(name='no', help='help', changes='changes')\nd = Param('no', TEXT, 'third')\n"
    )
    found = {(one.template, one.plural) for one in of_module(Module("bot/x.py", code))}
    assert found == {("one two", ""), ("{n} cat", "{n} cats"), ("help", ""), ("changes", ""), ("third", "")}
    operators = {one.template for one in of_module(Module("ops_commands/x.py", code))}
    assert operators == {"one two", "{n} cat"}
    assert list(of_module(Module("db/x.py", "from sqlalchemy import text\ntext('select 1')"))) == []


@pytest.mark.parametrize(
    "call",
    [
        "text(sentence)",
        "text(f'{x}')",
        "text()",
        "text('a', 'b', 'c', n=1)",
        "text('{a}')",
        "text('{a}', b=1)",
        "text('a', b=1)",
        "text('cat', 'cats')",
        "text('{a} cat', '{a} cats', a=1)",
    ],
)
def test_a_sentence_that_cannot_be_found_or_filled_in_is_named(call: str) -> None:
    assert list(misused(Module("bot/x.py", HEAD + call)))


@pytest.mark.parametrize(
    "call", ["text('a')", "text('{a}', a=1)", "text('a', 'b', n=1)", "text('{n}', '{n}s', n=1)", "text('{a}', **given)"]
)
def test_a_good_sentence_is_not(call: str) -> None:
    assert list(misused(Module("bot/x.py", HEAD + call))) == []


FOUND = {
    one.template: one
    for one in (
        Found("Hello {name}.", "", "x:1"),
        Found("{n} clip of {name}", "{n} clips of {name}", "x:2"),
        Found("Fine: {x:.1f}", "", "x:3"),
        Found("`help` or `clip LINK`", "", "x:4"),
    )
}
GOOD: dict[str, str | tuple[str, str]] = {
    "Hello {name}.": "Hallo {name}.",
    "{n} clip of {name}": ("{n} Clip von {name}", "{n} Clips von {name}"),
    "Fine: {x:.1f}": "Gut: {x:.1f}",
    "`help` or `clip LINK`": "`clip LINK` oder `help`",
}


def written(folder: Path, translations: dict[str, str | tuple[str, str]]) -> None:
    catalog = Catalog(locale="de", fuzzy=False)
    for template, string in translations.items():
        one = FOUND.get(template)
        catalog.add((template, one.plural) if one and one.plural else template, string)
    with (folder / "de.po").open("wb") as file:
        write_po(file, catalog)


def test_good_translations_have_no_fault(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    assert list(faults_of("de", FOUND, tmp_path)) == []


@pytest.mark.parametrize(
    ("template", "string", "fault"),
    [
        ("Hello {name}.", "", "de lacks: Hello {name}. (x:1)"),
        ("{n} clip of {name}", ("{n} Clip von {name}", ""), "de lacks: {n} clip of {name} (x:2)"),
        ("Hello {name}.", "Hallo.", "de fills in something else: Hello {name}. (x:1)"),
        ("Hello {name}.", "Hallo {nome}.", "de fills in something else: Hello {name}. (x:1)"),
        ("Hello {name}.", "Hallo {name.__class__}.", "de has a broken template, “name.__class__” is no name"),
        ("Hello {name}.", "Hallo {name}{0}.", "de has a broken template, “0” is no name"),
        ("Hello {name}.", "Hallo {name.", "de has a broken template, expected '}' before end of string"),
        ("`help` or `clip LINK`", "help oder `clip LINK`", "de names another command: `help` or `clip LINK` (x:4)"),
        ("Fine: {x:.1f}", "Gut: {x:d}", "de fills in something else: Fine: {x:.1f} (x:3)"),
        ("{n} clip of {name}", ("Ein Clip", "{n} Clips von {name}"), "de fills in something else"),
        ("{n} clip of {name}", ("{n} Clip von {name}", "{n} Clips"), "de fills in something else"),
        ("Gone.", "Weg.", "de translates what nobody says: Gone."),
    ],
)
def test_a_translation_that_does_not_fit_is_named(
    tmp_path: Path, template: str, string: str | tuple[str, str], fault: str
) -> None:
    written(tmp_path, GOOD | {template: string})
    (told,) = faults_of("de", FOUND, tmp_path)
    assert told.startswith(fault)


def test_a_file_is_brought_in_step_and_keeps_what_was_translated(tmp_path: Path) -> None:
    written(tmp_path, {"Hello {name}.": "Hallo {name}.", "Gone.": "Weg."})
    bring_in_step("de", FOUND, tmp_path)
    assert read("de", tmp_path)["Hello {name}."].string == "Hallo {name}."
    assert sorted(faults_of("de", FOUND, tmp_path)) == [
        "de lacks: Fine: {x:.1f} (x:3)",
        "de lacks: `help` or `clip LINK` (x:4)",
        "de lacks: {n} clip of {name} (x:2)",
    ]
    before = (tmp_path / "de.po").read_bytes()
    bring_in_step("de", FOUND, tmp_path)
    assert (tmp_path / "de.po").read_bytes() == before


def test_only_plain_names_are_filled_in() -> None:
    assert placeholders("{a} {b:.1f} {{c}}") == {("a", ""), ("b", ".1f")}
    assert [has_words(template) for template in ("{a}, {b}", "{a} – {b:.1f}", "show {a}")] == [False, False, True]
