"""Which of Twitch's events are subscribed to for which channel, kept as it should be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import aiohttp
import twitchio
from loguru import logger
from twitchio import eventsub

from bot.adapters.twitch.client import Client, away
from bot.adapters.twitch.keeping import Keeper
from clipnet.clock import Clock

CHAT: Final[Mapping[str, type[Any]]] = {
    "channel.chat.message": eventsub.ChatMessageSubscription,
    "channel.chat.message_delete": eventsub.ChatMessageDeleteSubscription,
    "channel.chat.clear_user_messages": eventsub.ChatClearUserMessagesSubscription,
}
STREAM: Final[Mapping[str, type[Any]]] = {
    "stream.online": eventsub.StreamOnlineSubscription,
    "stream.offline": eventsub.StreamOfflineSubscription,
}
"""Free of cost only where the broadcaster has consented; elsewhere streams are found by looking."""
KINDS: Final = {**CHAT, **STREAM}
AGAIN_S: Final = 60.0
"""Until a refused subscription is tried again; what it takes is a person's doing."""
FULL: Final = "full"
GOOD: Final = frozenset({"enabled", "webhook_callback_verification_pending"})

Key = tuple[str, str]
"""Kind and channel."""


class Transport(Protocol):
    """One of the two ways in which events come."""

    async def present(self) -> dict[Key, str]:
        """What is subscribed to by this installation, with Twitch's ids."""

    async def subscribe(self, payload: Any) -> None:
        """Subscribe. Raises twitchio.HTTPException."""

    async def unsubscribe(self, subscription_id: str) -> None:
        """End a subscription."""


@dataclass(frozen=True, slots=True)
class Socket:
    """EventSub's websocket, with the bot's own token."""

    client: Client

    async def present(self) -> dict[Key, str]:
        found = self.client.websocket_subscriptions()
        return {
            (data.type.value, data.condition["broadcaster_user_id"]): subscription_id
            for subscription_id, data in found.items()
        }

    async def subscribe(self, payload: Any) -> None:
        await self.client.subscribe_websocket(payload, token_for=self.client.bot_id)

    async def unsubscribe(self, subscription_id: str) -> None:
        await self.client.delete_websocket_subscription(subscription_id, force=True)


@dataclass(frozen=True, slots=True)
class Webhook:
    """EventSub's webhook, with the application's token. Subscriptions with other callbacks are somebody else's."""

    client: Client
    callback: str
    secret: str

    async def present(self) -> dict[Key, str]:
        listed = await self.client.fetch_eventsub_subscriptions()
        found: dict[Key, str] = {}
        async for each in listed.subscriptions:
            if each.transport.callback != self.callback:
                continue
            key = (str(each.type), str(each.condition.get("broadcaster_user_id", "")))
            if each.status in GOOD and key not in found:
                found[key] = each.id
                continue
            logger.warning("a subscription of Twitch had ended", kind=key[0], channel=key[1], status=each.status)
            await self.unsubscribe(each.id)
        return found

    async def subscribe(self, payload: Any) -> None:
        await self.client.subscribe_webhook(payload, callback_url=self.callback, eventsub_secret=self.secret)

    async def unsubscribe(self, subscription_id: str) -> None:
        await self.client.delete_eventsub_subscription(subscription_id)


class Subscriptions:
    """Makes what is subscribed to equal to what is wanted.

    Attributes:
        doubted: accounts of which one took its consent back, as Twitch doesn't say which; whoever looks empties it.
        banned: channels that the bot was banned from; whoever tells of it empties it.
    """

    def __init__(self, transport: Transport, keeper: Keeper, clock: Clock, *, bot_id: str) -> None:
        self._transport = transport
        self._keeper = keeper
        self._clock = clock
        self._bot_id = bot_id
        self._refused: dict[Key, tuple[float, str]] = {}
        self.doubted: set[str] = set()
        self.banned: set[str] = set()
        self.count = 0

    @property
    def problems(self) -> dict[str, str]:
        """By channel, why its events can't be had, and what to do."""
        return {channel: _mend(channel, why) for (_, channel), (_, why) in self._refused.items()}

    async def tend(self, channels: Iterable[str]) -> None:
        """Subscribe to what is missing and leave what isn't wanted any more.

        Raises:
            Unavailable: Twitch can't be reached.
        """
        wanted = [key for channel in channels for key in self._wanted(channel)]
        try:
            present = await self._transport.present()
            for key in wanted:
                if key not in present:
                    await self._add(key)
            for key, subscription_id in present.items():
                if key not in wanted:
                    await self._leave(subscription_id)
        except (aiohttp.ClientError, TimeoutError, twitchio.WebsocketConnectionException) as error:
            raise away(error) from error
        except twitchio.HTTPException as error:
            raise away(error) from error
        self.count = len(present)
        self._refused = {key: why for key, why in self._refused.items() if key in wanted and key not in present}

    def anew(self) -> None:
        """Consents or channels changed: what was refused may be granted now."""
        self._refused.clear()

    def revoked(self, subscription: Mapping[str, Any]) -> None:
        """Twitch ended a subscription; it is asked for again in a while."""
        channel = str(subscription.get("condition", {}).get("broadcaster_user_id", ""))
        key = (str(subscription.get("type", "")), channel)
        why = str(subscription.get("status", ""))
        logger.warning("Twitch ended a subscription", kind=key[0], channel=channel, why=why)
        self._refused[key] = self._clock.monotonic_s() + AGAIN_S, why
        if why == "authorization_revoked":
            self.doubted |= {self._bot_id, channel}
        if why == "chat_user_banned":
            self.banned.add(channel)

    def _wanted(self, channel: str) -> list[Key]:
        kinds = [*CHAT, *(STREAM if self._keeper.consented(channel) else ())]
        return [(kind, channel) for kind in kinds]

    async def _add(self, key: Key) -> None:
        now_s = self._clock.monotonic_s()
        if key in self._refused and self._refused[key][0] > now_s:
            return
        kind, channel = key
        condition = {"broadcaster_user_id": channel}
        if kind in CHAT:
            condition["user_id"] = self._bot_id
        try:
            await self._transport.subscribe(KINDS[kind](**condition))
        except twitchio.HTTPException as error:
            if error.status >= 500:
                raise
            # A revocation that came meanwhile says more than that it was refused.
            if self._refused.get(key, (0.0, ""))[0] <= now_s:
                self._refused[key] = now_s + AGAIN_S, str(error.status)
            logger.warning("Twitch refuses a subscription", kind=kind, channel=channel, status=error.status)
        except ValueError:  # what the library says when no socket has room
            self._refused[key] = now_s + AGAIN_S, FULL
        else:
            self._refused.pop(key, None)

    async def _leave(self, subscription_id: str) -> None:
        try:
            await self._transport.unsubscribe(subscription_id)
        except (twitchio.HTTPException, ValueError) as error:
            logger.info("a subscription was gone already", error=type(error).__name__)


def _mend(channel: str, why: str) -> str:
    if why in ("chat_user_banned", "401", "403", "authorization_revoked"):
        todo = "make the bot a moderator there, or have the broadcaster say: connect twitch"
    elif why == "429":
        todo = "have the broadcaster say: connect twitch, which makes its events free of cost"
    elif why == FULL:
        todo = "a socket carries 300 subscriptions, and no more of them: set TWITCH_TRANSPORT=webhook"
    else:
        todo = "it is tried again"
    return f"channel {channel} ({why}): {todo}"
