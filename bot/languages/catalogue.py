"""Translations into one language, read once from its gettext file and then looked up in a table."""

from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from clipnet.texts import SOURCE_LANGUAGE

FOLDER = Path(__file__).parent


class Translations:
    """A `clipnet.texts.Catalogue`; the plural rule is the one in the file's header."""

    def __init__(self, found: GNUTranslations) -> None:
        self._found = found

    def find(self, template: str, plural: str, count: int | None) -> str | None:
        """The translated template; a template that the file lacks comes back as it is, in English."""
        if not template:
            return None  # gettext keeps the header of the file under the empty sentence
        if plural and count is not None:
            return self._found.ngettext(template, plural, count)
        return self._found.gettext(template)


def languages() -> tuple[str, ...]:
    """ISO 639-1 codes of all languages but the one that sentences are written in."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.po")))


@cache
def catalogue(language: str) -> Translations | None:
    """The translations into a language; None for English, and for a language that has no file."""
    if language == SOURCE_LANGUAGE or language not in languages():
        return None
    with (FOLDER / f"{language}.po").open("rb") as file:
        written = read_po(file, locale=language, ignore_obsolete=True, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    return Translations(GNUTranslations(compiled))
