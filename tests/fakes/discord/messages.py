"""Messages and files as Discord holds them, with everything that they ever were."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.fakes.discord.people import Channel, Member, User, Wire
from tests.fakes.discord.permissions import Permission

EPHEMERAL = 1 << 6
LOADING = 1 << 7

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")


@dataclass(slots=True)
class Upload:
    """A file that somebody sends: bytes, or a file on this machine."""

    filename: str
    data: bytes | Path
    content_type: str = "application/octet-stream"

    @property
    def size(self) -> int:
        """Bytes."""
        return self.data.stat().st_size if isinstance(self.data, Path) else len(self.data)

    def read(self) -> bytes:
        """All of it."""
        return self.data.read_bytes() if isinstance(self.data, Path) else self.data


@dataclass(slots=True)
class Attachment:
    """A file as Discord keeps it; `url` is served by the fake and expires after a day."""

    id: str
    upload: Upload
    url: str
    ephemeral: bool = False
    description: str | None = None

    def wire(self) -> Wire:
        """As Discord sends it."""
        about: Wire = {"id": self.id, "filename": self.upload.filename, "size": self.upload.size, "url": self.url}
        about |= {"proxy_url": self.url, "content_type": self.upload.content_type, "ephemeral": self.ephemeral}
        return about | ({"description": self.description} if self.description else {})


@dataclass(frozen=True, slots=True)
class Pings:
    """Whom a message notifies."""

    everyone: bool = False
    roles: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.everyone or bool(self.roles) or bool(self.users)


@dataclass(slots=True)
class Version:
    """What a message showed from `at` on. `attachments` are wire objects."""

    at: datetime
    content: str
    embeds: list[Wire]
    components: list[Wire]
    attachments: list[Wire]


@dataclass(slots=True, eq=False)
class Message:
    """A message. `history` holds every version, the last one being what is shown.

    Attributes:
        seen_by: the one member who sees it, when it is ephemeral.
        pings: whom it notified when it was sent (edits notify nobody).
        interaction: the interaction that it answers, as wire metadata.
        reactions: emoji to the ids of those who reacted.
    """

    id: str
    channel: Channel
    author: User
    sent_at: datetime
    type: int = 0
    flags: int = 0
    nonce: str | int | None = None
    answers: "Message | None" = None
    pings: Pings = Pings()
    seen_by: str | None = None
    application_id: str | None = None
    interaction: Wire | None = None
    history: list[Version] = field(default_factory=list)
    files: dict[str, Attachment] = field(default_factory=dict)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    deleted_at: datetime | None = None

    @property
    def now(self) -> Version:
        """What it shows."""
        return self.history[-1]

    @property
    def content(self) -> str:
        """Its text."""
        return self.now.content

    @property
    def embeds(self) -> list[Wire]:
        """Its embeds."""
        return self.now.embeds

    @property
    def components(self) -> list[Wire]:
        """Its rows of components."""
        return self.now.components

    @property
    def attachments(self) -> list[Attachment]:
        """Its files."""
        return [self.files[one["id"]] for one in self.now.attachments]

    @property
    def ephemeral(self) -> bool:
        """Only `seen_by` sees it, and the ledger of a channel doesn't count it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """A deferred answer that nothing has filled yet."""
        return bool(self.flags & LOADING)

    @property
    def edited(self) -> bool:
        """It was changed at least once."""
        return len(self.history) > 1

    @property
    def text(self) -> str:
        """Everything readable: content, embeds, labels of components; for tests that look for words."""
        words: list[str] = [self.content]
        for embed in self.embeds:
            words += [str(embed.get("title", "")), str(embed.get("description", ""))]
            words += [f"{one['name']} {one['value']}" for one in embed.get("fields") or []]
            words.append(str((embed.get("footer") or {}).get("text", "")))
        words += [str(one.get("label") or one.get("content") or "") for one in flat(self.components)]
        return "\n".join(word for word in words if word)

    def buttons(self) -> list[Wire]:
        """Its buttons, in order."""
        return [one for one in flat(self.components) if one.get("type") == 2]

    def component(self, name: str) -> Wire:
        """The component of that custom_id or label.

        Raises:
            LookupError: there is none.
        """
        for one in flat(self.components):
            if name in (one.get("custom_id"), one.get("label")):
                return one
        raise LookupError(f"no component {name!r} among {[one.get('label') for one in flat(self.components)]}")

    def wire(self, *, for_gateway: bool = False) -> Wire:
        """As Discord sends it."""
        shown = self.now
        about: Wire = {"id": self.id, "type": self.type, "channel_id": self.channel.id, "author": self.author.wire()}
        about |= {"content": shown.content, "embeds": shown.embeds, "components": shown.components}
        about |= {"attachments": shown.attachments, "timestamp": self.sent_at.isoformat(), "tts": False}
        about |= {"edited_timestamp": shown.at.isoformat() if self.edited else None, "pinned": False}
        about |= {
            "flags": self.flags,
            "mention_everyone": self.pings.everyone,
            "mention_roles": sorted(self.pings.roles),
        }
        about |= {"mentions": self._mentions(), "reactions": self._reactions()}
        if self.nonce is not None:
            about["nonce"] = self.nonce
        if self.answers is not None:
            about["message_reference"] = {"type": 0, "message_id": self.answers.id, "channel_id": self.channel.id}
            about["referenced_message"] = None if self.answers.deleted_at else self.answers.wire()
        if self.interaction is not None:
            about |= {"application_id": self.application_id, "webhook_id": self.application_id}
            about["interaction_metadata"] = self.interaction
        if for_gateway and (guild := self.channel.guild):
            about["guild_id"] = guild.id
            if self.author.id in guild.members:
                about["member"] = guild.members[self.author.id].wire(user=False)
        return about

    def _mentions(self) -> list[Wire]:
        guild = self.channel.guild
        named = set(_USER.findall(self.content)) | self.pings.users
        members = guild.members if guild else {}
        return [members[one].user.wire() for one in sorted(named) if one in members]

    def _reactions(self) -> list[Wire]:
        return [
            {
                "emoji": {"id": None, "name": emoji},
                "count": len(who),
                "me": False,
                "me_burst": False,
                "burst_colors": [],
            }
            | {"count_details": {"burst": 0, "normal": len(who)}}
            for emoji, who in self.reactions.items()
            if who
        ]


def flat(components: list[Wire]) -> list[Wire]:
    """Every component, however deep."""
    found: list[Wire] = []
    for one in components:
        found.append(one)
        found += flat(one.get("components") or [])
        found += flat([part for part in (one.get("accessory"), one.get("component")) if part])
    return found


def pings_of(author: Member | None, channel: Channel, content: str, allowed: Any, answers: Message | None) -> Pings:
    """Whom this text would notify. Without `allowed` everything that it names counts, as on the platform."""
    rules: Wire = {"parse": ["everyone", "roles", "users"], "replied_user": True} if allowed is None else allowed
    parse = rules.get("parse") or []
    rights = author.permissions(channel) if author else 0
    may_all = bool(rights & Permission.MENTION_EVERYONE)
    users, roles = set(_USER.findall(content)), set(_ROLE.findall(content))
    if "users" not in parse:
        users &= {str(one) for one in rules.get("users") or []}
    if "roles" not in parse:
        roles &= {str(one) for one in rules.get("roles") or []}
    if channel.guild:
        roles = {one.id for one in channel.guild.roles if one.id in roles and (one.mentionable or may_all)}
        users &= set(channel.guild.members)
    if answers is not None and rules.get("replied_user"):
        users.add(answers.author.id)
    loud = ("@everyone" in content or "@here" in content) and "everyone" in parse and may_all
    return Pings(loud, frozenset(roles), frozenset(users))
