"""Brings the files of translations in step with the code, and says which sentences still lack a language."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from bot.languages.catalogue import FOLDER, languages
from clipnet.cli.house import ROOMS, modules
from clipnet.cli.sentences import Found, misused, placeholders, sentences
from clipnet.texts import COMMAND

_HEADER = "# ClipNet in the language named below. `clipnet texts` adds what is missing and removes what is gone."
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
"""In place of the time of writing, so that a file changes only when a sentence does."""


def main(argv: list[str]) -> int:
    """Exit status 1 with --check when a sentence lacks a language or a translation doesn't fit."""
    parser = argparse.ArgumentParser(prog="clipnet texts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args(argv)
    found = sentences()
    faults = [fault for module in modules(*ROOMS) for fault in misused(module)]
    for language in languages():
        if not options.check:
            bring_in_step(language, found)
        faults += faults_of(language, found)
    for fault in faults:
        print(fault)
    return 1 if faults and options.check else 0


def read(language: str, folder: Path = FOLDER) -> Catalog:
    """The translations into a language, as they are written down."""
    with (folder / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, ignore_obsolete=True, abort_invalid=True)


def bring_in_step(language: str, found: dict[str, Found], folder: Path = FOLDER) -> None:
    """Write the file anew: every sentence of the code and no other, with the translations that are there."""
    known = read(language, folder)
    fresh = Catalog(
        locale=language,
        header_comment=_HEADER,
        project="ClipNet",
        version="1",
        msgid_bugs_address="the ClipNet maintainers",
        creation_date=_BEGAN,
        revision_date=_BEGAN,
        last_translator="The ClipNet maintainers",
        language_team=language,
        fuzzy=False,
    )
    for one in found.values():
        before = known.get(one.template)
        fresh.add((one.template, one.plural) if one.plural else one.template, _kept(before, one))
    with (folder / f"{language}.po").open("wb") as file:
        write_po(file, fresh, width=120, no_location=True, sort_output=True)


def faults_of(language: str, found: dict[str, Found], folder: Path = FOLDER) -> Iterator[str]:
    """What is missing or wrong in a language, each naming its sentence."""
    known = {_template(message): message for message in read(language, folder) if message.id}
    for template, one in found.items():
        message = known.get(template)
        if message is None or not all(_forms(message)):
            yield f"{language} lacks: {template} ({one.where})"
        elif fault := _misfit(message):
            yield f"{language} {fault}: {template} ({one.where})"
    yield from (f"{language} translates what nobody says: {template}" for template in known if template not in found)


def _kept(before: Message | None, one: Found) -> str | tuple[str, ...] | None:
    if before is None or bool(one.plural) != isinstance(before.string, tuple | list):
        return None
    return tuple(_forms(before)) if one.plural else _forms(before)[0]


def _template(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or [""])


def _misfit(message: Message) -> str:
    """Why a translation can't stand for its sentence; empty when it can."""
    sources = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    allowed = [placeholders(source) for source in sources]
    try:
        filled = [placeholders(form) for form in _forms(message)]
    except ValueError as error:
        return f"has a broken template, {error}"
    if filled[-1] != allowed[-1] or any(form not in allowed for form in filled):
        return "fills in something else"
    if any(_commands(form) != _commands(source) for form, source in zip(_forms(message), sources, strict=False)):
        return "names another command"
    return ""


def _commands(template: str) -> list[str]:
    return sorted(command.split()[0] for command in COMMAND.findall(template))
