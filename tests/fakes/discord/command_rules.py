"""What an application command may be beyond the published schema: names, order, sums, choices."""

import unicodedata
from typing import Any

from tests.fakes.discord import schema
from tests.fakes.discord.errors import FormErrors, Where
from tests.fakes.discord.people import Wire

MOST = {1: 100, 2: 15, 3: 15}
"""Commands of each type per scope: chat input, of a user, of a message."""

DAILY_CREATES = 200
TEXTS = 8000
CHAT_INPUT = 1
SUBCOMMAND, SUBCOMMAND_GROUP, STRING, INTEGER, NUMBER = 1, 2, 3, 4, 10

EXTRA_KEYS = frozenset({"nsfw", "guild_id", "version", "application_id"})
"""Taken by the platform though the published schema doesn't have them."""


def is_name(name: str) -> bool:
    """A name that a chat-input command or an option may have: letters, digits, `-`, `_`, `'`, lower case if it can."""
    if not 1 <= len(name) <= 32 or name != name.lower():
        return False
    return all(
        one in "-_'"
        or unicodedata.category(one)[0] in "LN"
        or "\u0900" <= one <= "\u097f"
        or "\u0e00" <= one <= "\u0e7f"
        for one in name
    )


def check_command(command: Wire, errors: FormErrors, where: Where = ()) -> None:
    """Note what is wrong with a command that is registered."""
    kind = command.get("type") or CHAT_INPUT
    name = command.get("name") or ""
    _check_languages(command, errors, where, named=kind == CHAT_INPUT)
    if kind == CHAT_INPUT:
        if not is_name(name):
            errors.add([*where, "name"], "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        if not command.get("description"):
            errors.add([*where, "description"], "BASE_TYPE_REQUIRED", "This field is required")
        _check_options(command.get("options") or [], errors, [*where, "options"], depth=0)
        if _length(command) > TEXTS:
            message = f"Command exceeds maximum size ({TEXTS})"
            errors.add(where or ["options"], "APPLICATION_COMMAND_TOO_LARGE", message)
        return
    if command.get("description"):
        message = "Context menu commands cannot have description"
        errors.add([*where, "description"], "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_NOT_EMPTY", message)
    if command.get("options"):
        message = "Context menu commands cannot have options"
        errors.add([*where, "options"], "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_NOT_EMPTY", message)


def _check_languages(part: Wire, errors: FormErrors, where: Where, *, named: bool) -> None:
    for key in ("name_localizations", "description_localizations"):
        for language, text in (part.get(key) or {}).items():
            if language not in schema.locales():
                errors.add([*where, key, language], "BASE_TYPE_CHOICES", f"{language} is no language of the client.")
            elif named and key.startswith("name") and not is_name(text):
                errors.add([*where, key, language], "APPLICATION_COMMAND_INVALID_NAME", "The name is invalid")


def _check_options(options: list[Wire], errors: FormErrors, where: Where, *, depth: int) -> None:
    names: set[str] = set()
    optional_seen = False
    for number, option in enumerate(options):
        place = [*where, number]
        name = option.get("name") or ""
        if not is_name(name):
            errors.add([*place, "name"], "APPLICATION_COMMAND_INVALID_NAME", "Option name is invalid")
        if name in names:
            message = "Option name must be unique"
            errors.add([*place, "name"], "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", message)
        names.add(name)
        _check_languages(option, errors, place, named=True)
        if option.get("type") in (SUBCOMMAND, SUBCOMMAND_GROUP):
            _check_nesting(option, options, errors, place, depth)
            continue
        if option.get("required") and optional_seen:
            message = "Required options must be placed before non-required options"
            errors.add(place, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message)
        optional_seen = optional_seen or not option.get("required")
        _check_value(option, errors, place)
        for row, choice in enumerate(option.get("choices") or []):
            _check_languages(choice, errors, [*place, "choices", row], named=False)


def _check_nesting(option: Wire, beside: list[Wire], errors: FormErrors, place: Where, depth: int) -> None:
    if any(one.get("type") not in (SUBCOMMAND, SUBCOMMAND_GROUP) for one in beside):
        message = "Sub-command and sub-command group option types are mutually exclusive to all other types"
        errors.add(place, "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message)
    if depth >= (1 if option["type"] == SUBCOMMAND_GROUP else 2):
        errors.add([*place, "type"], "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Nested too deep")
    _check_options(option.get("options") or [], errors, [*place, "options"], depth=depth + 1)


def _check_value(option: Wire, errors: FormErrors, place: Where) -> None:
    choices: list[Wire] = option.get("choices") or []
    if choices and option.get("autocomplete"):
        message = "Options cannot have choices and autocomplete"
        errors.add(place, "APPLICATION_COMMAND_AUTOCOMPLETE_CHOICES", message)
    if (choices or option.get("autocomplete")) and option.get("type") not in (STRING, INTEGER, NUMBER):
        errors.add(place, "APPLICATION_COMMAND_OPTION_CHOICES_INVALID_TYPE", "Only texts and numbers have choices")
    for key in ("name", "value"):
        values = [repr(choice.get(key)) for choice in choices]
        if len(set(values)) < len(values):
            message = f"Choice {key}s must be unique"
            errors.add([*place, "choices"], f"APPLICATION_COMMAND_OPTIONS_CHOICE_{key.upper()}_ALREADY_EXISTS", message)
    low, high = option.get("min_value"), option.get("max_value")
    if low is not None and high is not None and low > high:
        errors.add([*place, "min_value"], "NUMBER_TYPE_MAX", "The smallest value is above the greatest")


def _length(part: Wire) -> int:
    total = sum(_longest(part, key) for key in ("name", "description"))
    total += sum(_length(option) for option in part.get("options") or [])
    for choice in part.get("choices") or []:
        total += _longest(choice, "name") + (len(choice["value"]) if isinstance(choice["value"], str) else 0)
    return total


def _longest(part: Wire, key: str) -> int:
    return max(len(text or "") for text in [part.get(key), *(part.get(f"{key}_localizations") or {}).values()])


def check_choices(choices: list[Any], kind: int, errors: FormErrors, where: Where) -> None:
    """Note autocomplete choices whose value is not of the option's kind, or whose name or value is too long."""
    for number, choice in enumerate(choices):
        value = (choice or {}).get("value")
        if (kind == STRING) != isinstance(value, str):
            errors.add([*where, number, "value"], "BASE_TYPE_BAD_TYPE", "The value is not of the option's type")
        for key in ("name", "value"):
            text = (choice or {}).get(key)
            if isinstance(text, str) and not 1 <= len(text) <= 100:
                errors.add([*where, number, key], "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
