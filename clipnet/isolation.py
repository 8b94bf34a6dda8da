"""Guard 1 between environments: keyed fingerprints of settings, compared before any socket is opened.

The other environments publish theirs, so nobody has to hold a foreign secret to refuse it. Guard 2 asks each resource
whose it is (`clipnet.redis_guard`, `db.markers`). Each must be enough alone.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from clipnet.errors import Misconfigured
from clipnet.normalise import normal_forms
from clipnet.redis_guard import check_redis as check_redis
from clipnet.relations import Relation, Setting, settings_of, value_of

if TYPE_CHECKING:
    from clipnet.settings import Settings


class Published(BaseModel):
    """What an environment tells the others: keyed digests by setting, never a value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: str
    schema_hash: str
    fingerprints: dict[str, list[str]]


_DOCUMENTS = TypeAdapter(list[Published] | Published)


@dataclass(frozen=True, slots=True)
class Violation:
    """A setting whose value relates to another environment's as it must not."""

    variable: str
    relation: Relation
    other_env: str

    def __str__(self) -> str:
        if self.relation is Relation.MUST_DIFFER:
            return f"{self.variable} is {self.other_env}'s own ({self.relation})"
        return f"{self.variable} is not as in {self.other_env} ({self.relation})"


def schema_hash(table: Iterable[Setting]) -> str:
    """Digest of the settings table: names, types, kinds, relations. Equal code has equal hashes."""
    rows = [(each.variable, each.type_name, each.meaning.kind, each.meaning.relation, each.required) for each in table]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def fingerprints(settings: "Settings", key: str) -> Published:
    """The digests that this environment publishes. Settings that are not set, or free, publish nothing."""
    table = list(settings_of(type(settings)))
    digests = {
        each.variable: sorted(_digests(value_of(settings, each.path), key))
        for each in table
        if each.meaning.relation in {Relation.MUST_DIFFER, Relation.MUST_EQUAL}
    }
    own = {name: found for name, found in digests.items() if found}
    return Published(env=settings.env, schema_hash=schema_hash(table), fingerprints=own)


def compare(ours: Published, other: Published, table: Iterable[Setting]) -> Iterator[Violation]:
    """Every relation that doesn't hold. A value that must differ is looked for under all names of the other side."""
    relations = {each.variable: each.meaning.relation for each in table}
    isolated = {
        digest
        for variable, digests in other.fingerprints.items()
        if relations.get(variable) is Relation.MUST_DIFFER
        for digest in digests
    }
    for variable, digests in ours.fingerprints.items():
        relation = relations[variable]
        if relation is Relation.MUST_DIFFER and isolated.intersection(digests):
            yield Violation(variable, relation, other.env)
        theirs = other.fingerprints.get(variable)
        if relation is Relation.MUST_EQUAL and theirs is not None and theirs != digests:
            yield Violation(variable, relation, other.env)


def refuse_foreign(settings: "Settings") -> None:
    """Guard 1. Raises `Misconfigured` (exit 78) when a setting holds another environment's value; opens nothing."""
    if settings.foreign_fingerprints is None:
        return
    if settings.parity_key is None:
        raise Misconfigured("FOREIGN_FINGERPRINTS is set but CLIPNET_PARITY_KEY is not.")
    ours = fingerprints(settings, settings.parity_key)
    table = list(settings_of(type(settings)))
    for other in parse_published(settings.foreign_fingerprints):
        if other.env == settings.env:
            continue
        crossed = [each for each in compare(ours, other, table) if each.relation is Relation.MUST_DIFFER]
        if crossed:
            raise Misconfigured(
                f"{'; '.join(map(str, crossed))}: {settings.env} must not use it.",
                hint=f"Give {settings.env} a value of its own.",
            )


def parse_published(text: str) -> list[Published]:
    """One document of `clipnet config export`, or a list of them. Raises `Misconfigured` when it is neither."""
    try:
        found = _DOCUMENTS.validate_json(text)
    except ValidationError:
        raise Misconfigured(
            "FOREIGN_FINGERPRINTS can't be read.", hint="Paste what `clipnet config export` printed, as it is."
        ) from None
    return found if isinstance(found, list) else [found]


def config_hash(settings: "Settings") -> str:
    """Digest of what API and worker of one environment must have alike; both show it, operators compare."""
    alike = {Relation.MUST_EQUAL, Relation.SAME_SHAPE}
    table = list(settings_of(type(settings)))
    values = {each.variable: str(value_of(settings, each.path)) for each in table if each.meaning.relation in alike}
    places = [
        sorted(form for form in normal_forms(url) if form.startswith("location:"))
        for url in (settings.database.url, settings.redis.url)
    ]
    return hashlib.sha256(json.dumps([schema_hash(table), settings.env, values, places]).encode()).hexdigest()


def _digests(value: object, key: str) -> set[str]:
    if value is None or value == "":
        return set()
    return {hmac.new(key.encode(), form.encode(), hashlib.sha256).hexdigest() for form in normal_forms(str(value))}
