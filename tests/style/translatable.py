"""The rule that whatever people read goes through `text()`, so that it can be told in their language."""

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
READ = {"Reply": 1, "Plan": 1, "Action": 1, "Field": 2} | dict.fromkeys(ERRORS, 1)
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
            words = [*call.args[: READ[name]], *(k.value for k in call.keywords if k.arg in NAMED)]
            if any(_bare(one, names) for one in words):
                yield f"{module.path}:{call.lineno} {name} shows words that no language knows; use text()"


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
    match node:
        case ast.Constant(value=str(words)):
            return any(c.isalpha() for c in words)
        case ast.JoinedStr(values=parts):
            return any(isinstance(part, ast.Constant) and _bare(part, names) for part in parts)
        case ast.IfExp(body=first, orelse=second) | ast.BinOp(left=first, right=second):
            return _bare(first, names) or _bare(second, names)
        case ast.BoolOp(values=parts):
            return any(_bare(part, names) for part in parts)
        case ast.Call(func=ast.Attribute(value=inner)):
            return _bare(inner, names)
        case ast.Name(id=name):
            return any(_bare(value, {}) for value in names.get(name, []))
    return False
