"""The words that adapters, router and handlers share; no platform's library is known here."""

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel

Surface = Literal["discord", "twitch", "x", "web", "console"]
SURFACES: tuple[Surface, ...] = ("discord", "twitch", "x", "web", "console")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked, as the platform knows them. `name` is shown, never used to decide."""

    platform: str
    platform_user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was asked and is answered; `id` is the platform's own. `private` when only the actor sees it."""

    platform: str
    id: str
    private: bool = False
    extra: dict[str, str] = field(default_factory=dict)

    def stored(self) -> dict[str, Any]:
        """As kept in `requests.place` and `notices.place`."""
        return {"platform": self.platform, "id": self.id, "private": self.private, "extra": self.extra}


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event of a platform, translated: either `text` as typed, or a `command` with its `args`.

    Attributes:
        event_id: the platform's own id of the event; the same id twice is answered once. None where nothing can come
            twice and nothing is changed, as with a GET.
        local: it comes from a command line on the worker's own machine, so a path to a file means something.
        trace_id: follows the request from here to the finished clip.
    """

    event_id: str | None
    surface: Surface
    actor: Actor
    place: Place
    text: str | None = None
    command: str | None = None
    args: dict[str, Any] = field(default_factory=dict)
    local: bool = False
    trace_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled line of a reply."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Media:
    """Something to look at or to play; `key` names it in the store."""

    kind: Literal["video", "image", "file"]
    key: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button. It carries its whole command, so it works after a restart."""

    label: str
    command: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said back. `data` is the typed model that the JSON API returns; `private`: for the actor's eyes only."""

    text: str
    fields: tuple[Field, ...] = ()
    media: tuple[Media, ...] = ()
    actions: tuple[Action, ...] = ()
    private: bool = False
    data: BaseModel | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request is: `fraction` of `stage`, 0 to 1; `eta_s` seconds until it ends, None while unknown."""

    stage: str
    fraction: float
    eta_s: float | None = None
    note: str = ""
