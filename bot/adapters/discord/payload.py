"""Discord's application commands, derived from the declarations; and a hash, so that they are synced only when changed.

Limits: Discord's documentation of application commands (naming, 25 options and choices, 100 characters of description).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from bot.command import Command, Param
from bot.languages.catalogue import catalogue, languages
from bot.params import CHOICE, FLAG, INTEGER, JOB, NUMBER, SOURCE, USER
from clipnet.texts import marked, text, told

SUB_COMMAND: Final = 1
STRING: Final = 3
CHAT_INPUT: Final = 1
ON_MESSAGE: Final = 3
PERSON: Final = 6
ATTACHMENT: Final = 11
_TYPES: Final = {INTEGER.name: 4, JOB.name: 4, FLAG.name: 5, USER.name: PERSON, NUMBER.name: 10}
LONGEST_DESCRIPTION: Final = 100
MOST_CHOICES: Final = 25
LONGEST_STRING: Final = 6000
LOCALES: Final = {"de": "de", "es": "es-ES"}
"""Our languages by Discord's names for them."""
FILE: Final = "file"
"""The option that takes an attachment, beside each one that takes a link."""
_FILE_HELP: Final = text("a video file, instead of a link")
CLIP_THIS: Final = "Clip this"
ADMINISTRATORS: Final = "0"
"""Default permissions of operators' commands: nobody but administrators sees them until a guild decides otherwise."""


def payload(commands: Iterable[Command]) -> list[dict[str, Any]]:
    """What `PUT /applications/{id}/commands` is sent: every command, those of two words in groups, and “Clip this”."""
    groups: dict[str, list[Command]] = {}
    for command in commands:
        groups.setdefault(command.name.split()[0], []).append(command)
    found = [_group(name, inside) for name, inside in sorted(groups.items())]
    if "clip" in groups:
        found.append({"type": ON_MESSAGE, "name": CLIP_THIS, "contexts": [0], "integration_types": [0]})
    return found


def digest(commands: Sequence[dict[str, Any]]) -> str:
    """A hash of a payload; equal payloads have equal hashes."""
    return hashlib.sha256(json.dumps(commands, sort_keys=True).encode()).hexdigest()


def _group(name: str, commands: list[Command]) -> dict[str, Any]:
    alone = commands[0] if commands[0].name == name else None
    found: dict[str, Any] = {"type": CHAT_INPUT, "name": name, "contexts": [0, 1], "integration_types": [0]}
    if alone:
        found |= {**_described(alone.help), "options": _options(alone)}
    else:
        words = ", ".join(command.name.split()[1] for command in commands)
        found |= {
            "description": _shortened(f"{name}: {words}"),
            "options": [
                {"type": SUB_COMMAND, "name": c.name.split()[1], **_described(c.help), "options": _options(c)}
                for c in commands
            ],
        }
    if all(command.operators for command in commands):
        found["default_member_permissions"] = ADMINISTRATORS
    return found


def _options(command: Command) -> list[dict[str, Any]]:
    """Options in Discord's order: required ones first. A link may be a file instead, so neither is required."""
    found = [_option(param) for param in command.all_params]
    if any(param.kind is SOURCE for param in command.params):
        found.append({"type": ATTACHMENT, "name": FILE, **_described(_FILE_HELP)})
    return sorted(found, key=lambda option: not option.get("required", False))


def _option(param: Param) -> dict[str, Any]:
    kind = _TYPES.get(param.kind.name, STRING)
    found: dict[str, Any] = {"type": kind, "name": param.name, **_described(param.help)}
    if param.required and param.kind is not SOURCE:
        found["required"] = True
    if param.kind is CHOICE and len(param.choices) <= MOST_CHOICES:
        found["choices"] = [{"name": choice, "value": choice} for choice in param.choices]
    elif param.complete is not None or param.choices:
        found["autocomplete"] = True
    if kind in (4, 10):
        if param.minimum is not None:
            found["min_value"] = param.minimum
        if param.maximum is not None:
            found["max_value"] = param.maximum
    if kind == STRING and (longest := param.kind.schema.get("maxLength")):
        found["max_length"] = min(longest, LONGEST_STRING)
    return found


def _described(help_text: str) -> dict[str, Any]:
    """A description in every language that has it."""
    found: dict[str, Any] = {"description": _shortened(help_text)}
    words = marked(help_text)
    others = {LOCALES[each]: _shortened(told(words, catalogue(each))) for each in languages() if each in LOCALES}
    if others := {locale: said for locale, said in others.items() if said != found["description"]}:
        found["description_localizations"] = others
    return found


def _shortened(words: str) -> str:
    return words if len(words) <= LONGEST_DESCRIPTION else words[: LONGEST_DESCRIPTION - 1] + "…"
