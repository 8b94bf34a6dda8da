"""What a command is: one declaration from which every surface is derived."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

from bot.params import FLAG, Kind
from bot.vocabulary import SURFACES, Reply, Surface
from clipnet.errors import BadInput
from clipnet.texts import text
from db.users import Hold

if TYPE_CHECKING:
    from bot.context import Context

Role = Literal["moderator", "owner", "viewer", "operator", "deployer", "admin"]
OPERATOR_ROLES: tuple[Role, ...] = ("viewer", "operator", "deployer", "admin")
COMMUNITY_ROLES: tuple[Role, ...] = ("moderator", "owner")
OPERATOR_SURFACES: tuple[Surface, ...] = ("discord", "web", "console")
HOUSE_SURFACES: tuple[Surface, ...] = ("discord", "twitch", "web", "console")
"""Where communities have moderators and owners; on X there is only the public."""

Handler = Callable[..., Awaitable[Reply]]


class Suggestion(str):
    """A value that completes what was typed; `label` tells people what it is, where a platform shows both."""

    label: str

    def __new__(cls, value: str, label: str) -> "Suggestion":
        """A value under a label."""
        found = super().__new__(cls, value)
        found.label = label
        return found


Complete = Callable[["Context", str], Awaitable[list[str]]]
_NAME = re.compile(r"^[a-z][a-z-]{0,30}( [a-z][a-z-]{0,30})?$")


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter.

    Attributes:
        positional: it may be given by its place, in the order of declaration; otherwise only by name.
        minimum, maximum: limits of a number or of seconds, both included.
        choices: the only values of a choice.
        complete: suggests values for what was typed so far.
    """

    name: str
    kind: Kind
    help: str
    required: bool = False
    positional: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    complete: Complete | None = None

    def accept(self, value: object) -> Any:
        """The typed value of what was typed, or of what came as JSON.

        Raises:
            BadInput: with a sentence that names the parameter.
        """
        if isinstance(value, bool) and self.kind is not FLAG:
            raise BadInput(text("{param}: yes or no makes no sense here.", param=self.name))
        if not isinstance(value, str | int | float):
            raise BadInput(text("{param}: a single value is needed.", param=self.name))
        words = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        try:
            typed = self.kind.read(words)
        except BadInput as error:
            raise BadInput(
                text("{param}: {sentence}", param=self.name, sentence=error.sentence), hint=error.hint
            ) from None
        self._check(typed)
        return typed

    def _check(self, typed: object) -> None:
        if self.choices and typed not in self.choices:
            raise BadInput(
                text("{param}: “{typed}” is not one of the choices.", param=self.name, typed=typed),
                hint=text("One of: {choices}", choices=", ".join(self.choices)),
            )
        if isinstance(typed, int | float) and not isinstance(typed, bool):
            if self.minimum is not None and typed < self.minimum:
                raise BadInput(text("{param}: at least {least:g}, please.", param=self.name, least=self.minimum))
            if self.maximum is not None and typed > self.maximum:
                raise BadInput(text("{param}: at most {most:g}, please.", param=self.name, most=self.maximum))

    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        found = {"description": self.help, **self.kind.schema}
        if self.choices:
            found["enum"] = list(self.choices)
        if self.minimum is not None:
            found["minimum"] = self.minimum
        if self.maximum is not None:
            found["maximum"] = self.maximum
        if self.default is not None:
            found["default"] = self.default
        return found


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` in `per_s` seconds for one person, in one place, of one command."""

    times: int
    per_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command is about to do, and the state this rests on; a changed state voids the confirmation."""

    text: str
    state: dict[str, Any]


Planner = Callable[..., Awaitable[Plan]]


@dataclass(frozen=True, slots=True)
class Command:
    """A thing a person can do.

    Attributes:
        name: one word, or two for a sub-command (`jobs retry`).
        handler: `async (ctx, **typed) -> Reply`, called with one keyword per parameter.
        data: the model of `Reply.data`.
        params: in the order in which positional ones are given.
        role: who may; None is everyone. A community's role holds in its places only.
        changes: what it changes, in words; empty for a command that only reads.
        plan: for changes that can't be undone: says what will happen; the same person has to confirm it within 60 s,
            and a `noop` parameter shows the plan alone.
        limit: how often.
        private: the answer is for the actor's eyes.
        for_banned: whoever is banned may still use it: what a person may ask about their own data.
        alone: it changes who the person is: it begins when whatever else they are doing has ended, and what they do
            next waits for it.
        starts_work: it answers before the work is done (202 on the web).
        surfaces: where it is offered.
    """

    name: str
    help: str
    handler: Handler
    data: type[BaseModel]
    params: tuple[Param, ...] = ()
    role: Role | None = None
    changes: str = ""
    plan: Planner | None = None
    limit: Limit = Limit(120, 60)
    private: bool = False
    for_banned: bool = False
    alone: bool = False
    starts_work: bool = False
    surfaces: tuple[Surface, ...] = SURFACES
    examples: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise ValueError(f"“{self.name}” can't be the name of a command: one or two lower-case words")
        if self.operators and not set(self.surfaces) <= set(OPERATOR_SURFACES):
            raise ValueError(f"“{self.name}” is for operators and must not be offered on Twitch or X")
        if self.plan is not None and not self.changes:
            raise ValueError(f"“{self.name}” has a plan but changes nothing")
        names = [p.name for p in self.params]
        if len(set(names)) < len(names) or "noop" in names:
            raise ValueError(f"“{self.name}” names a parameter twice")

    @property
    def operators(self) -> bool:
        """Whether it is for operators of the installation rather than for a community."""
        return self.role in OPERATOR_ROLES

    @property
    def privileged(self) -> bool:
        """Whether its use is audited."""
        return self.role is not None

    @property
    def hold(self) -> Hold | None:
        """How the person is held while it is carried out."""
        return ("alone" if self.alone else "stay") if self.changes else None

    @property
    def path(self) -> str:
        """Its route below `/api/v1/`."""
        return self.name.replace(" ", "/")

    @property
    def all_params(self) -> tuple[Param, ...]:
        """Its own parameters, and `noop` where there is a plan."""
        return self.params if self.plan is None else (*self.params, _NOOP)

    @property
    def usage(self) -> str:
        """The line that shows how to write it."""
        words = [self.name]
        for param in self.all_params:
            shown = param.name if param.positional else f"--{param.name}"
            if not param.positional and param.kind.takes_value:
                shown += f" {param.kind.name.upper().replace(' ', '-')}"
            words.append(shown.upper() if param.positional and param.required else f"[{shown}]")
        return " ".join(words)

    def usage_on(self, surface: Surface) -> str:
        """The line that shows how to write it there; on Discord options are filled in by name."""
        if surface != "discord":
            return self.usage
        return " ".join([f"/{self.name}", *(p.name if p.required else f"[{p.name}]" for p in self.all_params)])

    def schema(self) -> dict[str, Any]:
        """The JSON schema of its arguments."""
        return {
            "type": "object",
            "additionalProperties": False,
            "properties": {p.name: p.schema() for p in self.all_params},
            "required": [p.name for p in self.params if p.required],
        }


_NOOP = Param("noop", FLAG, "show what would happen, and do nothing", default=False)
