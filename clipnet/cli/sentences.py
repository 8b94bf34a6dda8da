"""Finds every sentence of the code that is told to people, and holds the translations against them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from string import Formatter

from clipnet.cli.house import ROOMS, Module, modules

_DECLARED = {"Command": ("help", "changes"), "Param": ("help",)}
_HELP_OF_PARAM = 2
"""Its place among the arguments."""
OPERATORS = "ops_commands/"
"""Operators are spoken to in English, so the declarations of their commands are left out."""


@dataclass(frozen=True)
class Found:
    """A sentence as it stands in the code, `plural` empty where it has one form; `where` as `path:line`."""

    template: str
    plural: str
    where: str


def sentences() -> dict[str, Found]:
    """Every sentence of ClipNet that has words, by its template."""
    found = (one for module in modules(*ROOMS) for one in of_module(module))
    return {one.template: one for one in found if has_words(one.template)}


def of_module(module: Module) -> Iterator[Found]:
    """The sentences of a module: literals given to `text`, and the help of declared commands."""
    tells = _knows_text(module)
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        where = f"{module.path}:{node.lineno}"
        if node.func.id == "text" and tells:
            first, second = ([_literal(arg) for arg in node.args] + ["", ""])[:2]
            yield Found(first or "", second or "", where)
        elif node.func.id in _DECLARED and not module.path.startswith(OPERATORS):
            yield from (Found(words, "", where) for words in _declared(node, _DECLARED[node.func.id]) if words)


def misused(module: Module) -> Iterator[str]:
    """Calls of `text` that can't be found or filled in: no literal, or other params than the template names."""
    if not _knows_text(module):
        return
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "text":
            continue
        forms = [_literal(arg) for arg in node.args]
        where = f"{module.path}:{node.lineno}"
        if None in forms or not 1 <= len(forms) <= 2:
            yield f"{where} gives text() something other than one or two literals"
            continue
        named = {name for form in forms for name, _ in placeholders(form or "")}
        given = {keyword.arg for keyword in node.keywords}
        if None in given:
            continue
        if given != named and not (len(forms) == 2 and given == named | {"n"}):
            yield f"{where} gives text() {sorted(filter(None, given))} for {sorted(named)}"
        elif len(forms) == 2 and "n" not in given:
            yield f"{where} has a plural and no number n"


def placeholders(template: str) -> set[tuple[str, str]]:
    """Names and formats of what is filled in.

    Raises:
        ValueError: it is no template, or reaches for more than a name.
    """
    found = {(name, spec or "") for _, name, spec, _ in Formatter().parse(template) if name is not None}
    if odd := [name for name, _ in found if not name.isidentifier()]:
        raise ValueError(f"“{odd[0]}” is no name")
    return found


def has_words(template: str) -> bool:
    """Whether there is something to translate beside what is filled in."""
    return any(c.isalpha() for words, *_ in Formatter().parse(template) for c in words)


def _knows_text(module: Module) -> bool:
    imports = (n for n in ast.walk(module.tree) if isinstance(n, ast.ImportFrom) and n.module == "clipnet.texts")
    return any(alias.name == "text" and alias.asname is None for n in imports for alias in n.names)


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _declared(call: ast.Call, names: tuple[str, ...]) -> Iterator[str | None]:
    yield from (_literal(keyword.value) for keyword in call.keywords if keyword.arg in names)
    if isinstance(call.func, ast.Name) and call.func.id == "Param" and len(call.args) > _HELP_OF_PARAM:
        yield _literal(call.args[_HELP_OF_PARAM])
