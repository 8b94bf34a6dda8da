"""The words that adapters, router and handlers share; no platform's library is known here."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel

Surface = Literal["discord", "twitch", "x", "web", "console"]
SURFACES: tuple[Surface, ...] = ("discord", "twitch", "x", "web", "console")
PUBLIC_SURFACES: frozenset[Surface] = frozenset({"twitch", "x"})
"""Where everybody reads every answer."""
SIGNS: dict[str, str] = {"discord": "/", "twitch": "!"}
"""What people write before a command, by platform."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked, as the platform knows them. `name` is shown, never used to decide.

    Attributes:
        since: when their account was made, where the platform says so; decides who may vote.
    """

    platform: str
    platform_user_id: str
    name: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was asked and is answered; `id` is the platform's own. `private` when only the actor sees it.

    Attributes:
        within: the platform's id of what the place is part of, as a channel of a server; communities are bound to that.
    """

    platform: str
    id: str
    private: bool = False
    extra: dict[str, str] = field(default_factory=dict)
    within: str = ""

    @property
    def home(self) -> str:
        """The platform's id of what a community is bound to: the whole that the place is part of, else the place."""
        return self.within or self.id

    def stored(self) -> dict[str, Any]:
        """As kept in `requests.place` and `notices.place`."""
        found = {"platform": self.platform, "id": self.id, "private": self.private, "extra": self.extra}
        return found | ({"within": self.within} if self.within else {})


@dataclass(frozen=True, slots=True)
class Live:
    """A stream that goes on where something was asked; `asked_at` by the platform's clock, in UTC."""

    platform: str
    channel_id: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """What “this” means where something was asked.

    Attributes:
        video: link to the video that the message carries or answers to.
        clip: public id of the clip that the message answers to.
        live: the stream that goes on in that place, if the platform itself says so; else the ledger is asked.
        pointed: one thing was pointed at, so that nothing else is meant where it holds no video.
    """

    video: str | None = None
    clip: str | None = None
    live: Live | None = None
    pointed: bool = False


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event of a platform, translated: either `text` as typed, or a `command` with its `args`.

    Attributes:
        event_id: the platform's own id of the event; the same id twice is answered once. None where nothing can come
            twice and nothing is changed, as with a GET.
        subject: what “this” means there.
        message_id: the asking message by the platform's id; whoever deletes it takes the request back.
        place_roles: the platform's own role ids of the actor in that place (a guild's roles, `moderator`,
            `broadcaster`), which a community maps to ours.
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
    subject: Subject = Subject()
    message_id: str | None = None
    place_roles: frozenset[str] = frozenset()
    local: bool = False
    trace_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Field:
    """One labelled line of a reply."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Media:
    """Something to look at or to play; `key` names it in the store, `url` leads a person to it where that is known."""

    kind: Literal["video", "image", "file"]
    key: str
    label: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A button. It carries its whole command, so it works after a restart.

    Attributes:
        ask: parameters whose values a form asks for first, filled in beforehand with what `args` has for them; a
            platform without forms leaves the button out.
    """

    label: str
    command: str
    args: dict[str, Any] = field(default_factory=dict)
    ask: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said back. `data` is the typed model that the JSON API returns; `private`: for the actor's eyes only.

    Attributes:
        aside: worth a glance of the one who asked and of nobody else: told privately where that is possible, and left
            out in a chat that has no private answers.
        as_file: `data` itself is what was asked for; it comes as a file of JSON where a platform takes files.
        without_file: what is said in place of `text` where the platform doesn't take a file as large as that.
    """

    text: str
    fields: tuple[Field, ...] = ()
    media: tuple[Media, ...] = ()
    actions: tuple[Action, ...] = ()
    private: bool = False
    data: BaseModel | None = None
    aside: bool = False
    as_file: bool = False
    without_file: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a request is: `fraction` of `stage`, 0 to 1; `eta_s` seconds until it ends, None while unknown."""

    stage: str
    fraction: float
    eta_s: float | None = None
    note: str = ""
