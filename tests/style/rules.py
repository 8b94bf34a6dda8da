"""The rules of the house that no linter checks, each as a function from a module to what breaks it."""

import ast
import re
from collections.abc import Iterator

from clipnet.cli.house import ROOMS, Module

LONGEST_FILE = 400
LONGEST_FUNCTION = 60

LOG_METHODS = frozenset({"trace", "debug", "info", "success", "warning", "error", "critical", "exception", "log"})
STAND_INS = frozenset({"unittest.mock", "mock", "fakeredis", "pytest_mock", "responses", "aioresponses"})

_SQL = re.compile(
    r"""^\s*(with\s+\w+(\s*\([^)]*\))?\s+as\s+(materialized\s+|not\s+materialized\s+)?\(\s*(select|insert|update|delete)
        |select\b[^;]*\bfrom\b|select\s+pg_|insert\s+into\s+\w|update\s+\w+(\s+\w+)?\s+set\b|delete\s+from\s+\w
        |(create|alter|drop)\s+(table|index|role|database|function|trigger)\b|truncate\s+\w|grant\s+\w|listen\s+\w+$)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_UNFINISHED = re.compile(r"#[^\"']*\b(TODO|FIXME|XXX|HACK)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def too_long(module: Module) -> Iterator[str]:
    """Files over 400 lines and functions over 60."""
    lines = module.text.count("\n")
    if lines > LONGEST_FILE:
        yield f"{module.path}: {lines} lines"
    for node in ast.walk(module.tree):
        if isinstance(node, Function) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION:
            yield f"{module.path}:{node.lineno} {node.name} has {(node.end_lineno or 0) - node.lineno + 1} lines"


def loose_logging(module: Module) -> Iterator[str]:
    """Log calls whose message isn't a literal: a stranger's text as format string leaks what it names."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in LOG_METHODS or not _is_logger(node.func.value):
            continue
        message = node.args[1:2] if node.func.attr == "log" else node.args[:1]
        if not message or not isinstance(message[0], ast.Constant) or not isinstance(message[0].value, str):
            yield f"{module.path}:{node.lineno} logs something other than a literal"


def _is_logger(node: ast.expr) -> bool:
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return isinstance(node, ast.Name) and node.id in {"logger", "log", "_log", "_logger"}


def stray_sql(module: Module) -> Iterator[str]:
    """SQL outside the room of the database."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SQL.match(node.value):
            yield f"{module.path}:{node.lineno} holds SQL: {' '.join(node.value.split())[:50]}"


def stand_ins(module: Module) -> Iterator[str]:
    """Imports of mocks and of pretended servers, and our own functions replaced by a test."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (f"{module.path}:{node.lineno} imports {name}" for name in names if name in STAND_INS)
    ours = {*ROOMS, *_imported(module)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _called(node) == "setattr" and node.args and _root(node.args[0]) in ours:
            yield f"{module.path}:{node.lineno} replaces what is our own"


def _imported(module: Module) -> Iterator[str]:
    """The names under which a module knows what it imports from the rooms."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.asname for alias in node.names if alias.asname and _in_a_room(alias.name))
        elif isinstance(node, ast.ImportFrom) and _in_a_room(node.module or ""):
            yield from (alias.asname or alias.name for alias in node.names)


def _in_a_room(name: str) -> bool:
    return name.partition(".")[0] in ROOMS


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _root(node: ast.expr) -> str:
    """`bot` of `bot.router.Router` and of `"bot.router.Router"`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.partition(".")[0]
    return node.id if isinstance(node, ast.Name) else ""


def unexplained(module: Module) -> Iterator[str]:
    """Modules, and public classes and functions, that neither have a docstring nor stand in the module's own.

    A module that is run as a script offers nothing to others, so only its own docstring counts.
    """
    about = ast.get_docstring(module.tree) or ""
    if module.text.strip() and not about:
        yield f"{module.path}: the module says nothing about itself"
    if '__name__ == "__main__"' in module.text:
        return
    for node in module.tree.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_") or ast.get_docstring(node):
            continue
        if not re.search(rf"\b{node.name}\b", about):
            yield f"{module.path}:{node.lineno} {node.name} says nothing about itself"


def unfinished(module: Module) -> Iterator[str]:
    """Notes to do something later."""
    for number, line in enumerate(module.text.splitlines(), 1):
        if _UNFINISHED.search(line):
            yield f"{module.path}:{number} {line.strip()}"
