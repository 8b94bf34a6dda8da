"""What a setting is and how its value relates between environments, kept beside each field.

One table, `settings_of`, is read by the start-up guards, the parity report, the reference and the tests; a new section
or resource joins all of them by declaring its fields with `setting`.
"""

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, get_args, get_origin

from pydantic import AliasChoices, BaseModel, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined


class Relation(StrEnum):
    """How the values of two environments must relate."""

    MUST_DIFFER = "must_differ"
    MUST_EQUAL = "must_equal"
    SAME_SHAPE = "same_shape"
    FREE = "free"


class Kind(StrEnum):
    """What a value is. Only `tunable` and `shared` ones may have a default in code."""

    SECRET = "secret"  # noqa: S105 - the name of a kind
    ENDPOINT = "endpoint"
    NAMESPACE = "namespace"
    TUNABLE = "tunable"
    SHARED = "shared"


ISOLATED: Final = frozenset({Kind.SECRET, Kind.ENDPOINT, Kind.NAMESPACE})
"""Kinds that never have a default: a forgotten one must stop the start, not fall back on someone else's."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What `setting` records beside a field."""

    kind: Kind
    relation: Relation
    required_for: frozenset[str]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the guards, the reports and the reference see it."""

    variable: str
    path: str
    meaning: Meaning
    type_name: str
    default: object
    required: bool
    description: str


def setting(
    *variables: str,
    kind: Kind,
    relation: Relation,
    about: str,
    required_for: tuple[str, ...] = (),
    **options: Any,
) -> Any:
    """A field read from the first of these variables that is set.

    `required_for` names the roles that staging and production can't run without it; `options` go to pydantic's
    `Field` (default, limits). Values of secrets and endpoints stay out of every repr.
    """
    alias: Any = variables[0] if len(variables) == 1 else AliasChoices(*variables)
    extra: Any = {"clipnet": Meaning(kind, relation, frozenset(required_for))}
    options.setdefault("repr", kind not in {Kind.SECRET, Kind.ENDPOINT})
    return Field(validation_alias=alias, description=about, json_schema_extra=extra, **options)


def tunable(*variables: str, about: str, relation: Relation = Relation.FREE, **options: Any) -> Any:
    """A knob with a default in code."""
    return setting(*variables, kind=Kind.TUNABLE, relation=relation, about=about, **options)


def shared(*variables: str, about: str, **options: Any) -> Any:
    """What must be equal everywhere for environments to behave alike; may have a default in code."""
    return setting(*variables, kind=Kind.SHARED, relation=Relation.MUST_EQUAL, about=about, **options)


def endpoint(*variables: str, about: str, relation: Relation = Relation.MUST_DIFFER, **options: Any) -> Any:
    """Where something of this environment is; never a default."""
    return setting(*variables, kind=Kind.ENDPOINT, relation=relation, about=about, **options)


def identity(*variables: str, about: str, **options: Any) -> Any:
    """Who this environment is to a platform; each has an application of its own. Never a default."""
    return setting(*variables, kind=Kind.NAMESPACE, relation=Relation.MUST_DIFFER, about=about, **options)


def secret(*variables: str, about: str, relation: Relation = Relation.MUST_DIFFER, **options: Any) -> Any:
    """A key, a token, a password; never a default."""
    return setting(*variables, kind=Kind.SECRET, relation=relation, about=about, **options)


def settings_of(model: type[BaseModel], path: str = "") -> Iterator[Setting]:
    """Every setting of a settings class and its sections, in the order of declaration."""
    for name, field in model.model_fields.items():
        here = f"{path}{name}"
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from settings_of(section, f"{here}.")
            continue
        extra = field.json_schema_extra
        meaning = extra.get("clipnet") if isinstance(extra, dict) else None
        if isinstance(meaning, Meaning):
            yield _described(here, field, meaning)


def value_of(settings: BaseModel, path: str) -> object:
    """The value at a dotted path, `database.url`."""
    value: object = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value


def variables_of(field: FieldInfo) -> tuple[str, ...]:
    """The environment variables of a field, the one that wins first."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return tuple(str(choice) for choice in alias.choices)
    return (str(alias),)


def _described(path: str, field: FieldInfo, meaning: Meaning) -> Setting:
    computed = field.default_factory is not None
    return Setting(
        variable=variables_of(field)[0],
        path=path,
        meaning=meaning,
        type_name=_type_name(field.annotation),
        default="(carried)" if computed else None if field.default is PydanticUndefined else field.default,
        required=field.is_required(),
        description=field.description or "",
    )


def _type_name(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type_name(part) for part in get_args(annotation) if part is not types.NoneType)
    if origin is typing.Literal:
        return " · ".join(str(choice) for choice in get_args(annotation))
    if origin in (tuple, list):
        return "list"
    return {"str": "text", "int": "whole number", "float": "number", "bool": "yes or no", "Path": "path"}.get(
        getattr(annotation, "__name__", ""), getattr(annotation, "__name__", str(annotation))
    )
