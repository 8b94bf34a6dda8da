"""Buttons say what their commands take: an action names a command that there is, and parameters that it has."""

import ast
from collections.abc import Iterator
from pathlib import Path

from bot.commands import COMMANDS
from ops_commands import COMMANDS as OPERATORS

ROOT = Path(__file__).parents[2]


def _actions() -> Iterator[tuple[str, str, set[str]]]:
    """Where each action stands in the code, its command, and the names in it that are written out."""
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "ops_commands").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Action":
                command = node.args[1] if len(node.args) > 1 else None
                if isinstance(command, ast.Constant):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", str(command.value), _names(node)


def _names(call: ast.Call) -> set[str]:
    ask = next((one.value for one in call.keywords if one.arg == "ask"), None)
    asked = ask.elts if isinstance(ask, ast.Tuple) else []
    keys = [key for one in call.args[2:] if isinstance(one, ast.Dict) for key in one.keys]
    return {str(one.value) for one in [*asked, *keys] if isinstance(one, ast.Constant)}


def test_every_action_fits_its_command() -> None:
    known = {command.name: {param.name for param in command.all_params} for command in (*COMMANDS, *OPERATORS)}
    found = list(_actions())
    assert len(found) > 10
    wrong = [(at, command, names) for at, command, names in found if not names <= known.get(command, set())]
    assert wrong == []
