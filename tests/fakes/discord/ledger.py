"""What Discord holds, whatever it answered: messages with their history, commands, interactions."""

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord.handles import InteractionHandle
from tests.fakes.discord.messages import Attachment, Message
from tests.fakes.discord.people import Channel, Wire


@dataclass(slots=True)
class Ledger:
    """The state of the platform; the journal of calls is kept elsewhere, because an answer can be lost.

    Attributes:
        messages: every message ever sent, by id, deleted and ephemeral ones too.
        commands: by guild id (None: global), then by command id.
        creates: commands created in each scope, counted against the day's 200.
        interactions: every interaction, by token.
        files: attachments by id.
        nonces: (author id, nonce) to the message.
        identifies: sessions begun at the gateway; resumes don't count.
    """

    messages: dict[str, Message] = field(default_factory=dict)
    commands: dict[str | None, dict[str, Wire]] = field(default_factory=dict)
    creates: dict[str | None, list[float]] = field(default_factory=dict)
    interactions: dict[str, InteractionHandle] = field(default_factory=dict)
    files: dict[str, Attachment] = field(default_factory=dict)
    nonces: dict[tuple[str, Any], Message] = field(default_factory=dict)
    identifies: int = 0
    endpoint_url: str | None = None

    def in_channel(self, channel: Channel, *, deleted: bool = False, ephemeral: bool = False) -> list[Message]:
        """Messages of a channel, oldest first; deleted and ephemeral ones only when asked for."""
        return [
            one
            for one in self.messages.values()
            if one.channel is channel and (deleted or one.deleted_at is None) and (ephemeral or not one.ephemeral)
        ]

    def shown(self, message_id: str) -> Message | None:
        """A message that exists and wasn't deleted."""
        found = self.messages.get(message_id)
        return found if found and found.deleted_at is None else None

    def command(self, name: str, guild_id: str | None, kind: int = 1) -> Wire:
        """The command that a person of that guild sees under that name; the guild's own before a global one.

        Raises:
            LookupError: there is none.
        """
        for scope in (guild_id, None):
            for one in self.commands.get(scope, {}).values():
                if one["name"] == name and one["type"] == kind:
                    return one
        names = sorted({one["name"] for scope in (guild_id, None) for one in self.commands.get(scope, {}).values()})
        raise LookupError(f"no command {name!r}; there are {names}")
