"""What a person types into a command, as Discord checks it and puts it into an interaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord.messages import Attachment, Upload
from tests.fakes.discord.people import Channel, Member, Role, User, Wire

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(1, 12)

_TAKES: dict[int, tuple[type, ...]] = {
    STRING: (str,),
    INTEGER: (int,),
    BOOLEAN: (bool,),
    USER: (Member, User),
    CHANNEL: (Channel,),
    ROLE: (Role,),
    MENTIONABLE: (Member, User, Role),
    NUMBER: (int, float),
    ATTACHMENT: (Upload,),
}


@dataclass(slots=True)
class Filled:
    """Options and resolved objects of an interaction."""

    options: list[Wire] = field(default_factory=list)
    resolved: dict[str, dict[str, Wire]] = field(default_factory=dict)


class OptionFiller:
    """Fills a command's options the way the client of a person does.

    Args:
        attach: keeps a file that the person chose.
        lenient: leave out what a client would insist on, as while a person still types.
    """

    def __init__(self, attach: Callable[[Upload], Attachment], *, lenient: bool = False, focused: str = "") -> None:
        self._attach = attach
        self._lenient = lenient
        self._focused = focused
        self._filled = Filled()

    def fill(self, command: Wire, path: list[str], values: Mapping[str, Any]) -> Filled:
        """The values for `command`, or for the subcommand that `path` names.

        Raises:
            ValueError: a person couldn't send this: an option is unknown, missing, or out of its bounds.
        """
        self._filled.options = self._level(command, path, values)
        return self._filled

    def _level(self, part: Wire, path: list[str], values: Mapping[str, Any]) -> list[Wire]:
        declared: dict[str, Wire] = {one["name"]: one for one in part.get("options") or []}
        if path:
            inner = declared.get(path[0])
            if inner is None or inner["type"] not in (SUBCOMMAND, GROUP):
                raise ValueError(f"{part['name']} has no subcommand {path[0]}; it has {sorted(declared)}")
            nested = self._level(inner, path[1:], values)
            return [{"name": inner["name"], "type": inner["type"], "options": nested}]
        if any(one["type"] in (SUBCOMMAND, GROUP) for one in declared.values()):
            raise ValueError(f"{part['name']} wants a subcommand: {sorted(declared)}")
        if unknown := set(values) - set(declared):
            raise ValueError(f"{part['name']} has no options {sorted(unknown)}; it has {sorted(declared)}")
        missing = [name for name, one in declared.items() if one.get("required") and name not in values]
        if missing and not self._lenient:
            raise ValueError(f"{part['name']} requires {missing}")
        return [self._one(declared[name], values[name]) for name in declared if name in values]

    def _one(self, option: Wire, value: Any) -> Wire:
        name, kind = option["name"], option["type"]
        done: Wire = {"name": name, "type": kind}
        if name == self._focused:
            return done | {"value": value, "focused": True}
        if not isinstance(value, _TAKES[kind]) or (isinstance(value, bool) and kind != BOOLEAN):
            raise ValueError(f"{name} takes no {type(value).__name__}")
        if not self._lenient:
            _check_bounds(option, value)
        return done | {"value": self._resolved(kind, value)}

    def _resolved(self, kind: int, value: Any) -> Any:
        if kind in (STRING, INTEGER, BOOLEAN, NUMBER):
            return value
        if isinstance(value, Upload):
            kept = self._attach(value)
            self._note("attachments", kept.id, kept.wire())
            return kept.id
        if isinstance(value, Member):
            self._note("members", value.id, value.wire(user=False) | {"permissions": str(value.permissions())})
        if isinstance(value, Member | User):
            user = value.user if isinstance(value, Member) else value
            self._note("users", user.id, user.wire())
        elif isinstance(value, Role):
            self._note("roles", value.id, value.wire())
        else:
            self._note("channels", value.id, value.wire() | {"permissions": "0"})
        return value.id

    def _note(self, group: str, key: str, wire: Wire) -> None:
        self._filled.resolved.setdefault(group, {})[key] = wire


def _check_bounds(option: Wire, value: Any) -> None:
    name = option["name"]
    choices = option.get("choices") or []
    if choices and value not in [choice["value"] for choice in choices]:
        raise ValueError(f"{name} offers only {[choice['value'] for choice in choices]}")
    for key, size, wrong in (
        ("min_length", len(value) if isinstance(value, str) else None, -1),
        ("max_length", len(value) if isinstance(value, str) else None, 1),
        ("min_value", value, -1),
        ("max_value", value, 1),
    ):
        bound = option.get(key)
        if bound is not None and size is not None and (size - bound) * wrong > 0:
            raise ValueError(f"{name}: {value!r} breaks {key} {bound}")
    if isinstance(value, str) and len(value) > 6000:
        raise ValueError(f"{name} takes 6000 characters")
