"""The rules that whatever people read goes through `text()`, and that it isn't frozen in English on its way."""

import ast
from collections.abc import Iterator

from clipnet.cli.house import Module
from tests.style.rules import Function

ERRORS = (
    "BadCursor",
    "BadInput",
    "ClipNetError",
    "Conflict",
    "MediaFailed",
    "NotAllowed",
    "NotFound",
    "Refused",
    "TooOften",
    "Unavailable",
)
READ = {"text": 0, "Reply": 1, "Plan": 1, "Action": 1, "Field": 2} | dict.fromkeys(ERRORS, 1)
"""What is shown to people, and how many of its first arguments are words."""
NAMED = frozenset({"text", "label", "value", "sentence", "hint"})

Assigned = dict[str, list[ast.expr]]


def untranslatable(module: Module) -> Iterator[str]:
    """Replies and errors with bare words, also by way of a name that was given them in the same function."""
    outside = _assigned(module.tree.body)
    for scope in [module.tree, *(node for node in ast.walk(module.tree) if isinstance(node, Function))]:
        names = outside | _assigned(scope.body) if isinstance(scope, Function) else outside
        names = {name: words for name, words in names.items() if name not in _parameters(scope)}
        for call in _calls(scope):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            words = [*call.args[: READ[name]], *(k.value for k in call.keywords if k.arg in NAMED or name == "text")]
            if name != "text" and any(_bare(one, names) for one in words):
                yield f"{module.path}:{call.lineno} {name} shows words that no language knows; use text()"
            if any(_frozen(one, names) for one in words):
                yield f"{module.path}:{call.lineno} {name} freezes a sentence; use joined(), text() or words.reason()"


def _calls(scope: ast.AST) -> Iterator[ast.Call]:
    """Calls that show something, those of inner functions left to them."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in READ:
            yield node
        if not isinstance(node, Function):
            yield from _calls(node)


def _assigned(body: list[ast.stmt]) -> Assigned:
    found: Assigned = {}
    for statement in body:
        if isinstance(statement, Function | ast.ClassDef):
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        found.setdefault(target.id, []).append(node.value)
    return found


def _parameters(scope: ast.AST) -> set[str]:
    if not isinstance(scope, Function):
        return set()
    return {arg.arg for arg in (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs)}


def _bare(node: ast.expr, names: Assigned) -> bool:
    for part in _parts(node, names):
        words = part.values if isinstance(part, ast.JoinedStr) else [part]
        said = (word.value for word in words if isinstance(word, ast.Constant))
        if any(isinstance(word, str) and any(c.isalpha() for c in word) for word in said):
            return True
    return False


def _frozen(node: ast.expr, names: Assigned) -> bool:
    """An f-string around a stored sentence, or a reason as the ledger keeps it: plain English from there on."""
    for part in _parts(node, names):
        inside = (
            [v.value for v in part.values if isinstance(v, ast.FormattedValue)]
            if isinstance(part, ast.JoinedStr)
            else []
        )
        if any(isinstance(one, ast.Attribute) and one.attr in ("sentence", "hint") for one in inside):
            return True
        if any(ast.unparse(one).endswith("clip.reason") for one in [part, *inside]):
            return True
    return False


def _parts(node: ast.expr, names: Assigned) -> Iterator[ast.expr]:
    """What an expression may turn out as: every branch of it, and what its names were given."""
    match node:
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, right=second):
            yield from (*_parts(first, names), *_parts(second, names))
        case ast.BoolOp(values=several):
            yield from (part for one in several for part in _parts(one, names))
        case ast.Call(func=ast.Attribute(value=inner)):
            yield from _parts(inner, names)
        case ast.Name(id=name):
            yield from (part for one in names.get(name, []) for part in _parts(one, {}))
        case _:
            yield node
