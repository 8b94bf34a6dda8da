"""The guilds, channels, roles and people of the fake, as a test builds them and as Discord describes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tests.fakes.discord.permissions import EVERYDAY, EVERYTHING, Overwrite, Permission, in_channel

Wire = dict[str, Any]

FILE_LIMITS = {0: 10 * 1024**2, 1: 10 * 1024**2, 2: 50 * 1024**2, 3: 100 * 1024**2}
"""Bytes that one file may have, by the guild's boost tier."""

TEXT, DM = 0, 1


class Host(Protocol):
    """What guilds need of the platform that they are on."""

    bot: "User"

    def snowflake(self) -> str:
        """A new id."""
        ...

    def now(self) -> datetime:
        """The platform's time."""
        ...

    def emit(self, event: str, data: Wire) -> None:
        """Send an event to whoever is connected."""
        ...

    def known(self, what: "User | Guild | Channel") -> None:
        """Remember something that ids can name from now on."""
        ...


@dataclass(slots=True, eq=False)
class User:
    """An account. `accepts_dms` False: the bot's direct messages are refused; `locale`: how they read Discord."""

    id: str
    name: str
    bot: bool = False
    accepts_dms: bool = True
    avatar: str | None = None
    locale: str = "en-US"

    @property
    def mention(self) -> str:
        """As written in a message."""
        return f"<@{self.id}>"

    def wire(self) -> Wire:
        """As Discord sends it."""
        about: Wire = {"id": self.id, "username": self.name, "discriminator": "0", "global_name": self.name}
        return about | {"avatar": self.avatar, "bot": self.bot, "system": False, "public_flags": 0, "flags": 0}


@dataclass(slots=True, eq=False)
class Role:
    """A role of a guild."""

    id: str
    name: str
    permissions: int = 0
    mentionable: bool = False
    position: int = 1

    def wire(self) -> Wire:
        """As Discord sends it."""
        look: Wire = {"color": 0, "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None}}
        look |= {"hoist": False, "icon": None, "unicode_emoji": None, "managed": False, "flags": 0}
        about = {"id": self.id, "name": self.name, "position": self.position}
        return about | {"permissions": str(int(self.permissions)), "mentionable": self.mentionable} | look


@dataclass(slots=True, eq=False)
class Channel:
    """A text channel of a guild, or a direct message with `recipient`."""

    id: str
    name: str
    guild: "Guild | None" = None
    recipient: User | None = None
    overwrites: list[Overwrite] = field(default_factory=list)

    @property
    def type(self) -> int:
        """Discord's number for the kind of channel."""
        return TEXT if self.guild is not None else DM

    @property
    def file_limit(self) -> int:
        """Bytes that one file may have here."""
        return FILE_LIMITS[self.guild.tier if self.guild else 0]

    def overwrite(self, whose: "Role | Member", *, allow: int = 0, deny: int = 0) -> None:
        """Set what a role or a member may do here."""
        kind, whose_id = (0, whose.id) if isinstance(whose, Role) else (1, whose.user.id)
        self.overwrites = [one for one in self.overwrites if one.id != whose_id]
        self.overwrites.append(Overwrite(whose_id, kind, allow, deny))

    def wire(self) -> Wire:
        """As Discord sends it."""
        if self.guild is None:
            recipients = [self.recipient.wire()] if self.recipient else []
            return {"id": self.id, "type": DM, "recipients": recipients, "last_message_id": None, "flags": 0}
        about: Wire = {"id": self.id, "type": TEXT, "guild_id": self.guild.id, "name": self.name, "topic": None}
        about |= {"position": 0, "parent_id": None, "nsfw": False, "rate_limit_per_user": 0, "flags": 0}
        return about | {"last_message_id": None, "permission_overwrites": [one.wire() for one in self.overwrites]}


@dataclass(slots=True, eq=False)
class Member:
    """A person (or the bot) in a guild."""

    user: User
    guild: "Guild"
    joined_at: datetime
    roles: list[Role] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The user's id."""
        return self.user.id

    def permissions(self, channel: Channel | None = None) -> int:
        """What the member may do, in `channel` or in the guild as such."""
        if self.guild.owner is self.user:
            return EVERYTHING
        base = int(self.guild.everyone.permissions)
        for role in self.roles:
            base |= int(role.permissions)
        if channel is None:
            return EVERYTHING if base & Permission.ADMINISTRATOR else base
        return in_channel(base, self.guild.id, [role.id for role in self.roles], self.user.id, channel.overwrites)

    def wire(self, *, user: bool = True) -> Wire:
        """As Discord sends it."""
        about: Wire = {"user": self.user.wire()} if user else {}
        about |= {"roles": [role.id for role in self.roles], "joined_at": self.joined_at.isoformat(), "nick": None}
        return about | {"avatar": None, "premium_since": None, "deaf": False, "mute": False, "flags": 0}


@dataclass(slots=True, eq=False)
class Guild:
    """A server. Build it with `add_role`, `add_channel` and `add_member`; connected clients are told."""

    id: str
    name: str
    owner: User
    host: Host = field(repr=False)
    tier: int = 0
    roles: list[Role] = field(default_factory=list)
    channels: list[Channel] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    banned: set[str] = field(default_factory=set)

    @property
    def everyone(self) -> Role:
        """The role that everybody has."""
        return self.roles[0]

    @property
    def me(self) -> Member:
        """The bot in this guild."""
        return self.members[self.host.bot.id]

    def add_role(self, name: str, *, permissions: int = 0, mentionable: bool = False) -> Role:
        """A new role."""
        role = Role(self.host.snowflake(), name, permissions, mentionable, len(self.roles))
        self.roles.append(role)
        self.host.emit("GUILD_ROLE_CREATE", {"guild_id": self.id, "role": role.wire()})
        return role

    def add_channel(self, name: str, *, deny: int = 0, allow: int = 0) -> Channel:
        """A new text channel; `allow` and `deny` are the bot's there."""
        channel = Channel(self.host.snowflake(), name, self)
        if allow or deny:
            channel.overwrite(self.me, allow=allow, deny=deny)
        self.channels.append(channel)
        self.host.known(channel)
        self.host.emit("CHANNEL_CREATE", channel.wire())
        return channel

    def add_member(self, who: str | User, *, roles: Sequence[Role] = ()) -> Member:
        """A new member: somebody new by name, or an account that exists."""
        user = User(self.host.snowflake(), who) if isinstance(who, str) else who
        member = self.members[user.id] = Member(user, self, self.host.now(), list(roles))
        self.host.known(user)
        self.host.emit("GUILD_MEMBER_ADD", member.wire() | {"guild_id": self.id})
        return member

    def set_roles(self, member: Member, roles: Sequence[Role]) -> None:
        """Give a member these roles, and only these."""
        member.roles = list(roles)
        self.host.emit("GUILD_MEMBER_UPDATE", member.wire() | {"guild_id": self.id})

    def wire(self, *, full: bool = False) -> Wire:
        """As Discord sends it; `full` as in GUILD_CREATE."""
        about: Wire = {"id": self.id, "name": self.name, "owner_id": self.owner.id, "premium_tier": self.tier}
        about |= {"roles": [role.wire() for role in self.roles], "preferred_locale": "en-US", "features": []}
        about |= {"emojis": [], "stickers": [], "icon": None, "verification_level": 0, "mfa_level": 0, "nsfw_level": 0}
        about |= {"default_message_notifications": 1, "explicit_content_filter": 0, "afk_timeout": 300}
        about |= {"system_channel_id": None, "rules_channel_id": None, "afk_channel_id": None, "description": None}
        if full:
            about |= {"channels": [channel.wire() for channel in self.channels], "large": False, "unavailable": False}
            about |= {"members": [member.wire() for member in self.members.values()], "joined_at": _iso(self)}
            empty: list[Wire] = []
            for key in ("threads", "voice_states", "presences", "stage_instances", "guild_scheduled_events"):
                about[key] = empty
            about |= {"soundboard_sounds": empty, "member_count": len(self.members)}
        return about


def _iso(guild: Guild) -> str:
    return guild.me.joined_at.isoformat()


def new_guild(host: Host, name: str, *, tier: int, owner: User, permissions: int | None) -> Guild:
    """A guild with @everyone, its owner and the bot; `permissions` are the bot's own role's."""
    guild = Guild(host.snowflake(), name, owner, host, tier)
    guild.roles.append(Role(guild.id, "@everyone", EVERYDAY, position=0))
    own: list[Role] = []
    if permissions is not None:
        own.append(Role(host.snowflake(), host.bot.name, permissions))
        guild.roles.extend(own)
    guild.members[owner.id] = Member(owner, guild, host.now())
    guild.members[host.bot.id] = Member(host.bot, guild, host.now(), own)
    return guild
