"""Sentences that can be told in another language: English where they are written, translated where they are told."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Protocol, Self

from pydantic import ValidatorFunctionWrapHandler, WrapValidator

SOURCE_LANGUAGE = "en"
COMMAND = re.compile(r"`([^`]+)`")
"""A command in a template."""


class Catalogue(Protocol):
    """Translations into one language."""

    def find(self, template: str, plural: str, count: int | None) -> str | None:
        """The translated template, in the form that `count` asks for; None when there is none."""
        ...


class Text(str):
    """A sentence in English, which is what it is as a `str`, that still knows what it was made from."""

    template: str
    plural: str
    params: dict[str, Any]

    def __new__(cls, template: str, plural: str, params: dict[str, Any]) -> Self:
        count = params.get("n")
        form = plural if plural and count is not None and count != 1 else template
        form = COMMAND.sub(r"\1", form)
        self = super().__new__(cls, form.format_map(params) if params else form)
        self.template, self.plural, self.params = template, plural, params
        return self

    def __getnewargs__(self) -> tuple[str, str, dict[str, Any]]:  # type: ignore[override]
        """What a copy is made of."""
        return self.template, self.plural, self.params

    def told(self, catalogue: Catalogue | None, sign: str = "") -> str:
        """The sentence in the catalogue's language; where it lacks it in English, around what it does know.

        `sign`: what a command begins with where it is told.
        """
        count = self.params.get("n")
        form = (
            catalogue.find(self.template, self.plural, count if isinstance(count, int) else None) if catalogue else None
        )
        if form is None:
            form = self.plural if self.plural and count is not None and count != 1 else self.template
        form = COMMAND.sub(rf"{sign}\1", form)
        params = {name: told(value, catalogue, sign) for name, value in self.params.items()}
        return form.format_map(params) if params else form

    def stored(self) -> dict[str, Any]:
        """As kept as JSON beside the English sentence; `restore` reads it."""
        params = {name: _kept(value) for name, value in self.params.items()}
        return {"template": self.template, "plural": self.plural, "params": params}


def _left_whole(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    return value if isinstance(value, Text) else validate(value)


Sentence = Annotated[str, WrapValidator(_left_whole)]
"""A string field of a model that leaves a `Text` what it is."""


def text(template: str, plural: str = "", /, **params: Any) -> Text:
    """A sentence; names in braces are filled in. With a `plural` the number `n` decides between the two.

    A command stands between backticks, without a sign; it is told as one writes it in that place.

    What is filled in is told as it is (a name, an id, a number), or translated too when it is a `Text`.
    """
    return Text(template, plural, params)


def marked(sentence: str) -> Text:
    """A sentence that is translated though it is declared as plain words: the `help` and `changes` of a command."""
    return Text(sentence, "", {})


def joined(parts: Iterable[str], by: str = " ") -> Text:
    """Sentences in a row, each still told in its own right; empty ones are left out."""
    params = {f"part{number}": part for number, part in enumerate(part for part in parts if part)}
    return Text(by.join(f"{{{name}}}" for name in params), "", params)


def told(value: Any, catalogue: Catalogue | None, sign: str = "") -> Any:
    """A value as it is told: a `Text` in the catalogue's language, anything else as it is."""
    return value.told(catalogue, sign) if isinstance(value, Text) else value


def restore(stored: Mapping[str, Any]) -> Text:
    """The sentence that `Text.stored` kept."""
    params = {name: restore(value) if isinstance(value, dict) else value for name, value in stored["params"].items()}
    return Text(stored["template"], stored["plural"], params)


def beside(**sentences: str) -> dict[str, Any]:
    """What JSON keeps beside sentences in English so that `revived` can tell them; those that are their template need
    none.
    """
    made = ((name, sentence) for name, sentence in sentences.items() if isinstance(sentence, Text))
    kept = {name: sentence.stored() for name, sentence in made if sentence.params or sentence != sentence.template}
    return {"texts": kept} if kept else {}


def revived(kept: Mapping[str, Any], name: str) -> Text:
    """A sentence of such an object, as it was made; empty where it is missing."""
    stored = (kept.get("texts") or {}).get(name)
    return restore(stored) if stored else marked(str(kept.get(name) or ""))


def _kept(value: Any) -> Any:
    if isinstance(value, Text):
        return value.stored()
    return value if isinstance(value, int | float) else str(value)
