"""Permission bits, and who has which of them in a channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag


class Permission(IntFlag):
    """The bits that the fake looks at."""

    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_APPLICATION_COMMANDS = 1 << 31


EVERYDAY = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
)
"""What @everyone of a new guild may do."""

EVERYTHING = (1 << 53) - 1


@dataclass(slots=True)
class Overwrite:
    """What a channel allows or denies a role (`type` 0) or a member (`type` 1)."""

    id: str
    type: int
    allow: int = 0
    deny: int = 0

    def wire(self) -> dict[str, object]:
        """As Discord sends it."""
        return {"id": self.id, "type": self.type, "allow": str(self.allow), "deny": str(self.deny)}


def in_channel(base: int, everyone: str, roles: Iterable[str], member: str, overwrites: Iterable[Overwrite]) -> int:
    """What is left of `base` in a channel: @everyone's overwrite first, then the roles' together, then the member's."""
    if base & Permission.ADMINISTRATOR:
        return EVERYTHING
    by_id = {overwrite.id: overwrite for overwrite in overwrites}
    if first := by_id.get(everyone):
        base = base & ~first.deny | first.allow
    of_roles = [by_id[role] for role in roles if role in by_id]
    allow = deny = 0
    for overwrite in of_roles:
        allow, deny = allow | overwrite.allow, deny | overwrite.deny
    base = base & ~deny | allow
    if own := by_id.get(member):
        base = base & ~own.deny | own.allow
    return base
