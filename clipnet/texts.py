"""Sentences that can be told in another language: English where they are written, translated where they are told."""

from collections.abc import Mapping
from typing import Any, Protocol, Self

SOURCE_LANGUAGE = "en"


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
        self = super().__new__(cls, form.format_map(params) if params else form)
        self.template, self.plural, self.params = template, plural, params
        return self

    def told(self, catalogue: Catalogue | None) -> str:
        """The sentence in the catalogue's language; in English where it lacks it."""
        if catalogue is None:
            return str(self)
        count = self.params.get("n")
        form = catalogue.find(self.template, self.plural, count if isinstance(count, int) else None)
        if form is None:
            return str(self)
        params = {name: told(value, catalogue) for name, value in self.params.items()}
        return form.format_map(params) if params else form

    def stored(self) -> dict[str, Any]:
        """As kept as JSON beside the English sentence; `restore` reads it."""
        params = {name: _kept(value) for name, value in self.params.items()}
        return {"template": self.template, "plural": self.plural, "params": params}


def text(template: str, plural: str = "", /, **params: Any) -> Text:
    """A sentence; names in braces are filled in. With a `plural` the number `n` decides between the two.

    What is filled in is told as it is (a name, an id, a number), or translated too when it is a `Text`.
    """
    return Text(template, plural, params)


def told(value: Any, catalogue: Catalogue | None) -> Any:
    """A value as it is told: a `Text` in the catalogue's language, anything else as it is."""
    return value.told(catalogue) if isinstance(value, Text) else value


def restore(stored: Mapping[str, Any]) -> Text:
    """The sentence that `Text.stored` kept."""
    params = {name: restore(value) if isinstance(value, dict) else value for name, value in stored["params"].items()}
    return Text(stored["template"], stored["plural"], params)


def _kept(value: Any) -> Any:
    if isinstance(value, Text):
        return value.stored()
    return value if isinstance(value, int | float) else str(value)
