"""What a place of a platform consists of, for those who set a community up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Room:
    """Something of a platform that has a name: a server, a channel, a role."""

    id: str
    name: str


class Rooms(Protocol):
    """Looks around on one platform. Every method raises `Unavailable`, `NotFound` or `NotAllowed`."""

    async def homes(self) -> Sequence[Room]:
        """Where the bot has been let in (servers)."""
        ...

    async def channels(self, home: str) -> Sequence[Room]:
        """The channels of a home that can be written in, in the platform's order."""
        ...

    async def roles(self, home: str) -> Sequence[Room]:
        """The roles of a home that people can be given, the highest first."""
        ...

    async def lacking(self, home: str, channel: str) -> Sequence[str]:
        """The rights that the bot lacks to show clips in a channel, by the names that the platform's people know."""
        ...


def pick(rooms: Sequence[Room], typed: str) -> Room | None:
    """The room that was typed: its id, a mention of it (`<#1>`, `<@&1>`), or its name, with `#` or `@` or without.

    A name that several bear is nobody's; an id is never taken for a name.
    """
    words = typed.strip()
    bare = words.removeprefix("<").removesuffix(">").lstrip("#@&!")
    by_id = next((room for room in rooms if room.id == bare), None)
    if by_id is not None:
        return by_id
    named = [room for room in rooms if room.name.casefold().lstrip("#@") == bare.casefold()]
    return named[0] if len(named) == 1 else None
