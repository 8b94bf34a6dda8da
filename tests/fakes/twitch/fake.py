"""The fake Twitch as tests and the playground hold it: the platform's parts, and the people who act on it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from clipnet.clock import Clock
from tests.fakes.server import PATIENCE_S
from tests.fakes.twitch import events
from tests.fakes.twitch.burst import Delivery, burst, deliveries
from tests.fakes.twitch.bus import Bus, Subscription
from tests.fakes.twitch.channels import Channels
from tests.fakes.twitch.chat import Chat
from tests.fakes.twitch.core import Core
from tests.fakes.twitch.helix import Helix
from tests.fakes.twitch.hooks import Hooks
from tests.fakes.twitch.identity import Identity
from tests.fakes.twitch.pages import Pages
from tests.fakes.twitch.sockets import Sockets
from tests.fakes.twitch.subscriptions import Subscriptions
from tests.fakes.twitch.tokens import Token
from tests.fakes.twitch.world import Ban, Channel, Clip, Dropped, Marker, Message, User

Place = Channel | User | str


class FakeTwitch(Core):
    """Twitch on loopback: id server, Helix, EventSub by websocket and webhook, for one registered application.

    An empty `client_secret` makes the application a public one: device flow and refresh only. `redirect_uris` are the
    registered ones (empty: any https or loopback address). `http_callbacks` lets webhooks go to plain http on
    loopback, which Twitch never allows. What it did stands in `world`, told by `said`, `clips`, `markers`, `dropped`;
    what it was asked stands in `journal`.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        client_id: str = "fakeclientid",
        client_secret: str = "fakeclientsecret",
        redirect_uris: tuple[str, ...] = (),
        http_callbacks: bool = False,
        device_interval_s: int = 5,
    ) -> None:
        super().__init__(clock, client_id, client_secret)
        self.bus = Bus(self)
        self.identity = Identity(self, self.bus, redirect_uris=redirect_uris, device_interval_s=device_interval_s)
        self.pages = Pages(self, self.identity)
        self.helix = Helix(self)
        self.sockets = Sockets(self, self.bus)
        self.hooks = Hooks(self, self.bus)
        self.channels = Channels(self, self.helix)
        self.chats = Chat(self, self.helix, self.bus)
        self.subscriptions = Subscriptions(self, self.helix, self.bus, self.sockets, self.hooks, http=http_callbacks)

    def add_user(
        self,
        name: str,
        *,
        moderator_of: Iterable[Place] = (),
        editor_of: Iterable[Place] = (),
        created_at: datetime | None = None,
    ) -> User:
        """The account of that name, made when there is none; `created_at` makes it older than the test."""
        user = self.world.user(name)
        user.created_at = created_at or user.created_at
        for place in moderator_of:
            self.channel_of(place).moderators.add(user.id)
        for place in editor_of:
            self.channel_of(place).editors.add(user.id)
        return user

    def add_channel(self, name: str, *, live: bool = False, title: str = "", delay_s: int = 0) -> Channel:
        """The channel of that name, made with its broadcaster when there is none.

        With `live` a broadcast is under way, of whose start nobody was told; `delay_s` is the broadcaster's setting.
        """
        channel = self.channel_of(self.world.user(name))
        channel.title, channel.delay_s = title or channel.title, delay_s or channel.delay_s
        if live and channel.stream is None:
            channel.stream = self.world.stream()
        return channel

    def issue_token(self, user: User | None, *scopes: str, expires_in_s: float | None = None) -> Token:
        """A token as if its flow had been gone through; `user` None makes an application token."""
        return self.tokens.issue(user, scopes, expires_in_s=expires_in_s)

    def authorize(self, url: str, user: User) -> str:
        """A person allows what an authorisation address asks for; the address the browser is sent to, with the code."""
        return self.identity.allow(dict(parse_qsl(urlsplit(url).query)), user)

    def decline(self, url: str) -> str:
        """A person declines what an authorisation address asks for; the address the browser is sent to."""
        return self.identity.deny(dict(parse_qsl(urlsplit(url).query)))

    def approve_device(self, user_code: str, user: User, scopes: Iterable[str] | None = None) -> None:
        """A person types the code of a device flow and allows it (all that was asked without `scopes`)."""
        device = self.identity.device(user_code)
        device.user = user
        device.scopes = tuple(scopes) if scopes is not None else device.scopes

    def deny_device(self, user_code: str) -> None:
        """A person declines a device flow."""
        self.identity.device(user_code).denied = True

    async def revoke(self, user: User) -> None:
        """A person disconnects the application: tokens die, subscriptions that need them end with a revocation."""
        self.tokens.revoke_user(user.id)
        for subscription in list(self.bus.subscriptions):
            if user.id in subscription.people and subscription.live:
                await self.bus.revoke(subscription, "authorization_revoked")
        event = {"client_id": self.client_id, **events.person(user)}
        await self.bus.publish("user.authorization.revoke", event, client_id=self.client_id)
        self.changed()

    async def chat(
        self,
        user: User,
        channel: Place,
        text: str,
        *,
        reply_to: Message | None = None,
        source_channel: Place | None = None,
        emotes: Mapping[str, str] | None = None,
        fragments: list[dict[str, Any]] | None = None,
        badges: Sequence[str] = (),
    ) -> Message:
        """A person writes in chat.

        With `source_channel` it is written there and copied to `channel` by a shared chat; the copy is returned.
        `emotes` maps names in the text to emote ids; `fragments` replaces the split altogether; `badges` stand beside
        that of a broadcaster or moderator (`subscriber`, `vip`). Raises ValueError for somebody who is banned there.
        """
        parts = fragments if fragments is not None else events.fragments(text, dict(emotes or {}))
        here = self.channel_of(channel)
        there = self.channel_of(source_channel) if source_channel is not None else here
        if there.shuts_out(user.id, self.now()):
            raise ValueError(f"{user.login} is banned in {there.user.login}")
        source = None
        if there is not here:
            source = self.world.say(there, user, text, reply_to=None, source=None, bot=False)
            await self.chats.tell(source, parts, badges)
        message = self.world.say(here, user, text, reply_to=reply_to, source=source, bot=False)
        await self.chats.tell(message, parts, badges)
        return message

    async def delete_message(self, message: Message) -> None:
        """A moderator deletes a message."""
        await self.chats.remove(message)

    async def ban(
        self, channel: Place, user: User, *, moderator: User | None = None, reason: str = "", for_s: int | None = None
    ) -> None:
        """A person is banned (timed out with `for_s`) by a moderator, the broadcaster without one."""
        here = self.channel_of(channel)
        ends_at = self.now() + timedelta(seconds=for_s) if for_s else None
        await self.chats.shut_out(here, Ban(user, moderator or here.user, reason, self.now(), ends_at))

    async def unban(self, channel: Place, user: User, *, moderator: User | None = None) -> None:
        """A ban is lifted."""
        here = self.channel_of(channel)
        await self.chats.let_in(here, user, moderator or here.user)

    async def go_live(self, channel: Place) -> None:
        """A broadcast starts now."""
        here = self.channel_of(channel)
        here.stream = self.world.stream()
        await self.bus.publish("stream.online", events.stream_online(here), broadcaster_user_id=here.id)
        self.changed()

    async def end_stream(self, channel: Place) -> None:
        """A broadcast ends."""
        here = self.channel_of(channel)
        over, here.stream = here.stream, None
        event = {"id": over.id if over else "", **events.place(here)}
        await self.bus.publish("stream.offline", event, broadcaster_user_id=here.id)
        self.changed()

    async def retitle(self, channel: Place, title: str, *, game: str | None = None) -> None:
        """A broadcaster changes title or category."""
        here = self.channel_of(channel)
        here.title, here.game = title, game or here.game
        await self.bus.publish("channel.update", events.channel_update(here), broadcaster_user_id=here.id)

    async def set_moderator(self, channel: Place, user: User, *, on: bool = True) -> None:
        """A broadcaster makes somebody moderator, or ends it."""
        here = self.channel_of(channel)
        (here.moderators.add if on else here.moderators.discard)(user.id)
        kind = f"channel.moderator.{'add' if on else 'remove'}"
        await self.bus.publish(kind, {**events.place(here), **events.person(user)}, broadcaster_user_id=here.id)

    def said(self, channel: Place) -> list[Message]:
        """What the application really sent to a channel, in order, deleted messages included."""
        return list(self.world.by_bot.get(self.channel_of(channel).id, ()))

    def chat_log(self, channel: Place) -> list[Message]:
        """Everything that was written in a channel, by people and by the application, deleted messages included."""
        here = self.channel_of(channel)
        return [message for message in self.world.messages.values() if message.channel is here]

    @property
    def clips(self) -> list[Clip]:
        """Every clip that was made."""
        return self.world.clips

    @property
    def markers(self) -> list[Marker]:
        """Every stream marker that was set."""
        return self.world.markers

    @property
    def dropped(self) -> list[Dropped]:
        """Every message that was answered with status 200 and not sent."""
        return self.world.dropped

    async def close(self) -> None:
        """End what goes on beside the requests, sockets included."""
        self.sockets.drop()
        await super().close()

    async def subscribed(self, kind: str, channel: Place, within_s: float = PATIENCE_S) -> None:
        """Wait until somebody has an enabled subscription of this type for the channel."""
        facts = {"broadcaster_user_id": self.channel_of(channel).id}
        await self.until(lambda: any(True for _ in self.bus.matching(kind, facts)), within_s)

    async def heard(self, channel: Place, count: int = 1, within_s: float = PATIENCE_S) -> list[Message]:
        """Wait until the application has sent `count` messages to the channel."""
        await self.until(lambda: len(self.said(channel)) >= count, within_s)
        return self.said(channel)

    async def settled(self, within_s: float = PATIENCE_S) -> None:
        """Wait until no webhook delivery is on the wire."""
        await self.hooks.settled(within_s)

    def webhook(self, kind: str, channel: Place) -> Subscription:
        """The enabled webhook subscription of this type for the channel; LookupError when there is none."""
        facts = {"broadcaster_user_id": self.channel_of(channel).id}
        found = [entry for entry in self.bus.matching(kind, facts) if entry.method == "webhook"]
        if not found:
            raise LookupError(f"nobody subscribed to {kind} by webhook")
        return found[0]

    def deliveries(
        self,
        channel: Place,
        users: Sequence[User],
        *,
        count: int = 10_000,
        text: str = "!clip",
        duplicates: float = 0.2,
        bad: float = 0.01,
        seed: int = 1,
    ) -> list[Delivery]:
        """Chat messages for a burst to the channel's webhook subscription; see `burst.deliveries` for the shares."""
        subscription = self.webhook("channel.chat.message", channel)
        here = self.channel_of(channel)
        return deliveries(
            self, subscription, here, users, count=count, text=text, duplicates=duplicates, bad=bad, seed=seed
        )

    async def burst(
        self, callback_url: str, secret: str, planned: Sequence[Delivery], *, concurrency: int = 32
    ) -> list[int]:
        """Sign and send deliveries quickly, at most `concurrency` at once; each one's status, 0 without an answer."""
        return await burst(callback_url, secret, planned, concurrency=concurrency)
