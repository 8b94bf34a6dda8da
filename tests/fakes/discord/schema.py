"""Bodies against Discord's own published schema (tests/contracts), in Discord's words for what is wrong."""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from tests.fakes.discord.errors import FormErrors, Where

_FILE = Path(__file__).parents[2] / "contracts" / "discord-openapi-subset.json"


@cache
def _components() -> dict[str, Any]:
    components: dict[str, Any] = json.loads(_FILE.read_text())["components"]
    schemas = components["schemas"]
    # Ids and permission sets are taken as numbers and as strings alike, which the published schema doesn't say.
    schemas["SnowflakeType"]["type"] = ["string", "integer"]
    for name in ("ApplicationCommandCreateRequest", "ApplicationCommandUpdateRequest"):
        schemas[name]["properties"]["default_member_permissions"]["type"] = ["integer", "string", "null"]
    return components


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": _components()})


def known_keys(name: str) -> frozenset[str]:
    """The keys that a body of that schema may have."""
    return frozenset(_components()["schemas"][name]["properties"])


@cache
def locales() -> frozenset[str]:
    """The languages that commands can be told in."""
    return frozenset(one["const"] for one in _components()["schemas"]["AvailableLocalesEnum"]["oneOf"])


def check(name: str, body: Any, errors: FormErrors, where: Where = ()) -> None:
    """Note in `errors` how `body` breaks the schema `name`."""
    for error in _validator(name).iter_errors(body):
        _note(error, errors, tuple(where))


def _note(error: ValidationError, errors: FormErrors, where: tuple[str | int, ...]) -> None:
    place = (*where, *error.relative_path)
    limit: Any = error.validator_value
    instance: Any = error.instance
    if error.validator in ("oneOf", "anyOf") and error.context:
        branch = _meant(error)
        if branch:
            for inner in branch:
                _note(inner, errors, place)
            return
    code, message = _words(error)
    if error.validator == "required":
        missing = next(key for key in limit if key not in instance)
        place = (*place, missing)
    errors.add(place, code, message)


def _meant(error: ValidationError) -> list[ValidationError]:
    """The errors of the branch that the body meant: the one whose `type` it names, else the one it fits best."""
    branches: dict[Any, list[ValidationError]] = defaultdict(list)
    for inner in error.context or ():
        branches[inner.relative_schema_path[0]].append(inner)
    if isinstance(error.instance, dict | list):
        branches = defaultdict(list, {key: found for key, found in branches.items() if not _other_kind(found)})
    return min(branches.values(), key=len, default=[])


def _other_kind(found: list[ValidationError]) -> bool:
    return any(not one.relative_path and one.validator == "type" for one in found) or any(
        list(one.relative_path) == ["type"] and one.validator in ("enum", "const") for one in found
    )


def _words(error: ValidationError) -> tuple[str, str]:
    limit = error.validator_value
    match error.validator:
        case "maxLength" | "maxItems" | "maxProperties":
            return "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length."
        case "minLength" | "minItems":
            return "BASE_TYPE_MIN_LENGTH", f"Must be {limit} or more in length."
        case "maximum":
            return "NUMBER_TYPE_MAX", f"int value should be less than or equal to {limit}."
        case "minimum":
            return "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {limit}."
        case "required":
            return "BASE_TYPE_REQUIRED", "This field is required"
        case "pattern":
            return "NUMBER_TYPE_COERCE", f'Value "{error.instance}" is not snowflake.'
        case "uniqueItems":
            return "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value"
        case "enum" | "const" | "oneOf" | "anyOf":
            return "BASE_TYPE_CHOICES", "Value must be one of those listed."
    return "BASE_TYPE_BAD_TYPE", f"Could not interpret this as {limit}."
