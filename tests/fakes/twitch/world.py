"""Twitch's people, channels and what happened in them: the ledger, apart from what was asked and answered."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from uuid import uuid4

from clipnet.clock import Clock


def stamp(moment: datetime) -> str:
    """RFC 3339 with nanoseconds, as EventSub writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"


def seconds_stamp(moment: datetime) -> str:
    """RFC 3339 in whole seconds, as Helix writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True, eq=False)
class User:
    """An account. Every account has a channel of the same id, whether it is used or not."""

    id: str
    login: str
    name: str
    created_at: datetime
    color: str = "#1E90FF"


@dataclass(slots=True, eq=False)
class Stream:
    """One live broadcast."""

    id: str
    started_at: datetime
    viewers: int = 25


@dataclass(slots=True, eq=False)
class Ban:
    """One person kept out of one channel; `ends_at` is None for good."""

    user: User
    moderator: User
    reason: str
    at: datetime
    ends_at: datetime | None


@dataclass(slots=True, eq=False)
class Channel:
    """A broadcaster's place. `delay_s` is what the broadcaster set as stream delay."""

    user: User
    title: str = "Just playing"
    game_id: str = "509658"
    game: str = "Just Chatting"
    delay_s: int = 0
    clips_enabled: bool = True
    stream: Stream | None = None
    moderators: set[str] = field(default_factory=set)
    editors: set[str] = field(default_factory=set)
    bans: dict[str, Ban] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The broadcaster's user id, which is the channel's."""
        return self.user.id

    def shuts_out(self, user_id: str, now: datetime) -> bool:
        """Whether this account is banned here, or timed out until later than `now`."""
        ban = self.bans.get(user_id)
        return ban is not None and (ban.ends_at is None or ban.ends_at > now)

    def moderated_by(self, user_id: str) -> bool:
        """Whether this account may act as moderator here (broadcasters may)."""
        return user_id == self.id or user_id in self.moderators


@dataclass(slots=True, eq=False)
class Message:
    """A chat message that really stands in a channel. `bot` tells that it came through the API."""

    id: str
    channel: Channel
    user: User
    text: str
    at: datetime
    reply_to: "Message | None" = None
    source: "Message | None" = None
    bot: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Dropped:
    """A message that was taken with status 200 and then not sent."""

    channel: Channel
    user: User
    text: str
    code: str
    at: datetime


@dataclass(slots=True, eq=False)
class Clip:
    """A clip that was asked for. It is listed once `asked` polls and the time have passed, unless it `failed`."""

    id: str
    channel: Channel
    creator: User
    title: str
    duration_s: float
    at: datetime
    asked: int = 0
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker in a live broadcast."""

    id: str
    channel: Channel
    user: User
    description: str
    position_s: int
    at: datetime


class World:
    """Everything that stands on Twitch, found by id or login."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, Message] = {}
        self.by_bot: dict[str, list[Message]] = {}
        self.dropped: list[Dropped] = []
        self.clips: list[Clip] = []
        self.markers: list[Marker] = []
        self._ids = count(10_000_001)

    def user(self, name: str) -> User:
        """The account of that login, made when there is none."""
        login = name.lower()
        for user in self.users.values():
            if user.login == login:
                return user
        user = User(str(next(self._ids)), login, name, self.clock.now())
        self.users[user.id] = user
        self.channels[user.id] = Channel(user)
        return user

    def stream(self) -> Stream:
        """A broadcast that starts now."""
        return Stream(str(next(self._ids)), self.clock.now())

    def say(
        self, channel: Channel, user: User, text: str, *, reply_to: Message | None, source: Message | None, bot: bool
    ) -> Message:
        """Put a message into a channel's chat."""
        message = Message(str(uuid4()), channel, user, text, self.clock.now(), reply_to, source, bot)
        self.messages[message.id] = message
        if bot:
            self.by_bot.setdefault(channel.id, []).append(message)
        return message
