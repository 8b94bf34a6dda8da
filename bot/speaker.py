"""What it takes to speak on a platform; the api's progress and the worker's last word use the same speaker."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.vocabulary import Place, Reply


@dataclass(frozen=True, slots=True)
class Spoken:
    """A message as its platform knows it. `url` leads a person to it, where there is such a thing.

    Attributes:
        place: where it really is, `Place.stored()`-like; a message may have moved (from a short-lived token to a
            message that the bot owns).
    """

    id: str
    place: Place
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """Something to say.

    Attributes:
        key: names the message for good, so that it can be found again after a crash (a nonce, a marker); at most 25
            characters of `a-z0-9-`.
        answers: the platform's id of the message that it answers to.
        files: finished clips to send along where the platform takes them (store key to a file on this machine);
            otherwise the reply's links are shown.
        language: ISO 639-1 code of the place's language.
    """

    reply: Reply
    key: str
    answers: str | None = None
    files: Mapping[str, "MediaFile"] = field(default_factory=dict)
    language: str = "en"


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A finished file on this machine."""

    path: str
    name: str
    bytes: int
    mime: str


class Speaker(Protocol):
    """Speaks on one platform with credentials that can send.

    Every method raises `Unavailable` (worth another try, `retry_after_s` honoured), `NotFound` (place or message gone)
    or `NotAllowed` (the bot lacks a permission; the hint says which). Nothing it sends pings everyone, and nothing of
    a person's words acts as markup.
    """

    platform: str
    can_edit: bool
    """Whether a message can be changed after it was sent; otherwise progress isn't shown there."""

    async def say(self, place: Place, telling: Telling) -> Spoken:
        """Send a message."""
        ...

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken:
        """Change a message; returns where it is now."""
        ...

    async def delete(self, spoken: Spoken) -> bool:
        """Take a message back; False where the platform can't."""
        ...

    async def find(self, place: Place, key: str) -> Spoken | None:
        """The message of that key if it was sent; asked after a crash, before anything is sent again.

        Raises:
            Unavailable: it can't be known now.
            Conflict: the platform can't tell at all; a person has to decide.
        """
        ...


Speakers = Mapping[str, Speaker]
