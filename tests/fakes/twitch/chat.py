"""Helix's chat and moderation routes, and the limits under which a message is really sent.

Sources: dev.twitch.tv "Send Chat Message" (500 characters, scopes by kind of token, 200 with is_sent false and a
drop_reason, 422 when too large), "Chat & Chatbots: rate limits" (20 messages in 30 s an account, 100 where it is
broadcaster or moderator, about one a second in a channel), "NOTICE Message IDs" (codes and texts of refusals),
"Ban User", "Unban User", "Get Moderators", "Get Moderated Channels", "Delete Chat Messages".
"""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tests.fakes.twitch import events
from tests.fakes.twitch.bus import Bus
from tests.fakes.twitch.core import Core, refusal
from tests.fakes.twitch.helix import Ask, Helix, Page, text_in
from tests.fakes.twitch.world import Ban, Channel, Dropped, Message, User, seconds_stamp

LONGEST = 500
WINDOW_S = 30
A_WINDOW, A_WINDOW_AS_MODERATOR = 20, 100
LONGEST_TIMEOUT_S = 1_209_600
LONGEST_REASON = 500
SENDING = "user:write:chat"
DROPS = {
    "msg_duplicate": "Your message was not sent because it is identical to the previous one you sent, "
    "less than 30 seconds ago.",
    "msg_ratelimit": "Your message was not sent because you are sending messages too quickly.",
    "msg_rejected": "Your message is being checked by mods and has not been sent.",
}


class Chat:
    """Sending, deleting, banning.

    Attributes:
        reject: drops the next messages as AutoMod would.
        apart_s: how long somebody who doesn't moderate has to wait between two messages in a channel.
    """

    def __init__(self, core: Core, helix: Helix, bus: Bus) -> None:
        self._core = core
        self._bus = bus
        self._sent: dict[str, deque[Message]] = {}
        self.reject = 0
        self.apart_s = 1.0
        helix.route("POST", "chat/messages", self._send)
        helix.route("DELETE", "moderation/chat", self._delete)
        helix.route("POST", "moderation/bans", self._ban)
        helix.route("DELETE", "moderation/bans", self._unban)
        helix.route("GET", "moderation/moderators", self._moderators)
        helix.route("GET", "moderation/channels", self._moderated)

    async def _send(self, ask: Ask) -> Page:
        body = ask.body()
        channel = ask.channel(text_in(body, "broadcaster_id"))
        sender = self._sender(ask, body, channel)
        text = text_in(body, "message")
        if not text.strip():
            raise refusal(400, 'The parameter "message" must not be blank', wrong=True)
        if len(text) > LONGEST:
            raise refusal(422, "The message is too large", wrong=True)
        if "for_source_only" in body and ask.token.user is not None:
            raise refusal(400, "for_source_only may only be set with an app access token", wrong=True)
        parent = self._parent(body.get("reply_parent_message_id"), channel)
        if channel.shuts_out(sender.id, self._core.now()):
            raise refusal(403, "The sender is not permitted to send chat messages to the broadcaster's chat room")
        if code := self._dropped(channel, sender, text):
            self._core.world.dropped.append(Dropped(channel, sender, text, code, self._core.now()))
            return 200, {"data": [_sent("", False, {"code": code, "message": DROPS[code]})]}
        message = self._core.world.say(channel, sender, text, reply_to=parent, source=None, bot=True)
        self._sent.setdefault(sender.id, deque(maxlen=200)).append(message)
        await self.tell(message, events.fragments(text, {}))
        return 200, {"data": [_sent(message.id, True, None)]}

    async def tell(self, message: Message, parts: list[dict[str, Any]], badges: Sequence[str] = ()) -> None:
        """Let everybody who reads this chat know of a message."""
        event = events.chat_message(message, parts, badges)
        await self._bus.publish("channel.chat.message", event, broadcaster_user_id=message.channel.id)
        self._core.changed()

    async def remove(self, message: Message) -> None:
        """A message disappears from chat."""
        message.deleted = True
        facts = {"broadcaster_user_id": message.channel.id}
        await self._bus.publish("channel.chat.message_delete", events.message_delete(message), **facts)
        self._core.changed()

    async def shut_out(self, channel: Channel, entry: Ban) -> None:
        """A person is banned or timed out: their messages go, those who may know are told."""
        channel.bans[entry.user.id] = entry
        channel.moderators.discard(entry.user.id)
        facts = {"broadcaster_user_id": channel.id}
        for message in self._core.world.messages.values():
            if message.channel is channel and message.user is entry.user:
                message.deleted = True
        cleared = events.clear_user_messages(channel, entry.user)
        await self._bus.publish("channel.chat.clear_user_messages", cleared, **facts)
        await self._bus.publish("channel.ban", events.ban(channel, entry), **facts)
        for subscription in list(self._bus.subscriptions):
            reads = subscription.condition.get("user_id") == entry.user.id
            if reads and subscription.live and subscription.condition.get("broadcaster_user_id") == channel.id:
                await self._bus.revoke(subscription, "chat_user_banned")
        self._core.changed()

    async def let_in(self, channel: Channel, user: User, moderator: User) -> None:
        """A ban ends."""
        channel.bans.pop(user.id, None)
        facts = {"broadcaster_user_id": channel.id}
        await self._bus.publish("channel.unban", events.unban(channel, user, moderator), **facts)

    def _sender(self, ask: Ask, body: dict[str, Any], channel: Channel) -> User:
        sender_id = text_in(body, "sender_id")
        sender = self._core.world.users.get(sender_id)
        if ask.token.user is not None:
            user = ask.acting(SENDING)
            if user.id != sender_id:
                raise refusal(401, "The sender_id must match the user ID in the access token", wrong=True)
            return user
        if sender is None:
            raise refusal(400, "The sender_id does not identify a user")
        if not self._core.tokens.allowed(sender_id, SENDING, "user:bot"):
            raise refusal(401, "The sender must have authorized the app with the user:write:chat and user:bot scopes")
        if not channel.moderated_by(sender_id) and not self._core.tokens.allowed(channel.id, "channel:bot"):
            raise refusal(401, "The broadcaster must have authorized the app with the channel:bot scope")
        return sender

    def _parent(self, message_id: Any, channel: Channel) -> Message | None:
        if message_id is None:
            return None
        try:
            UUID(message_id)
        except (ValueError, TypeError, AttributeError):
            raise refusal(400, "The reply_parent_message_id is not a message ID", wrong=True) from None
        parent = self._core.world.messages.get(message_id)
        if parent is None or parent.channel is not channel or parent.deleted:
            raise refusal(400, "The reply_parent_message_id does not identify a message in this chat room")
        return parent

    def _dropped(self, channel: Channel, sender: User, text: str) -> str:
        since = self._core.now() - timedelta(seconds=WINDOW_S)
        recent = [message for message in self._sent.get(sender.id, ()) if message.at > since]
        if channel.moderated_by(sender.id):
            return "msg_ratelimit" if len(recent) >= A_WINDOW_AS_MODERATOR else self._rejected()
        here = [message for message in recent if message.channel is channel]
        if any(message.text == text for message in here):
            return "msg_duplicate"
        too_soon = here and (self._core.now() - here[-1].at).total_seconds() < self.apart_s
        return "msg_ratelimit" if too_soon or len(recent) >= A_WINDOW else self._rejected()

    def _rejected(self) -> str:
        if self.reject:
            self.reject -= 1
            return "msg_rejected"
        return ""

    def _moderator(self, ask: Ask, scope: str) -> tuple[Channel, User]:
        channel = ask.channel(ask.one("broadcaster_id"))
        user = ask.acting(scope)
        if ask.one("moderator_id") != user.id:
            raise refusal(401, "The ID in moderator_id must match the user ID found in the access token", wrong=True)
        if not channel.moderated_by(user.id):
            raise refusal(403, "The user in moderator_id is not one of the broadcaster's moderators")
        return channel, user

    async def _delete(self, ask: Ask) -> Page:
        channel, _ = self._moderator(ask, "moderator:manage:chat_messages")
        wanted = ask.call.query.get("message_id")
        found = self._core.world.messages.get(wanted or "")
        if wanted and (found is None or found.channel is not channel or found.deleted):
            raise refusal(404, "The message in message_id was not found")
        if found is not None and channel.moderated_by(found.user.id):
            raise refusal(400, "You may not delete the messages of the broadcaster or of another moderator")
        if found is not None and self._core.now() - found.at > timedelta(hours=6):
            raise refusal(404, "The message was created more than 6 hours ago")
        everything = [entry for entry in self._core.world.messages.values() if entry.channel is channel]
        for message in [found] if found else everything:
            await self.remove(message)
        return 204, None

    async def _ban(self, ask: Ask) -> Page:
        channel, moderator = self._moderator(ask, "moderator:manage:banned_users")
        data = ask.body().get("data")
        if not isinstance(data, dict):
            raise refusal(400, 'Missing required parameter "data"', wrong=True)
        user = self._core.world.users.get(text_in(data, "user_id"))
        if user is None:
            raise refusal(400, "The user_id does not identify a user")
        duration, reason = data.get("duration"), data.get("reason", "")
        if duration is not None and (not isinstance(duration, int) or not 1 <= duration <= LONGEST_TIMEOUT_S):
            raise refusal(400, "The value in the duration field is not valid", wrong=True)
        if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
            raise refusal(400, "The text in the reason field is too long", wrong=True)
        if user.id == channel.id or user is moderator:
            raise refusal(400, "The user specified in the user_id field may not be banned", wrong=True)
        if channel.shuts_out(user.id, self._core.now()) and duration is None:
            raise refusal(400, "The user specified in the user_id field is already banned.")
        now = self._core.now()
        ends_at = now + timedelta(seconds=duration) if duration else None
        await self.shut_out(channel, Ban(user, moderator, reason, now, ends_at))
        return 200, {"data": [_banned(channel, user, moderator, now, ends_at)]}

    async def _unban(self, ask: Ask) -> Page:
        channel, moderator = self._moderator(ask, "moderator:manage:banned_users")
        user_id = ask.one("user_id")
        if not channel.shuts_out(user_id, self._core.now()):
            raise refusal(400, "The user in the user_id query parameter is not banned.")
        await self.let_in(channel, self._core.world.users[user_id], moderator)
        return 204, None

    async def _moderators(self, ask: Ask) -> Page:
        channel = ask.channel(ask.one("broadcaster_id"))
        if ask.acting("moderation:read").id != channel.id:
            raise refusal(401, "The broadcaster_id must match the user ID in the access token", wrong=True)
        wanted = ask.many("user_id")
        shown = [events.person(self._core.world.users[user_id]) for user_id in sorted(channel.moderators)]
        return 200, {"data": [entry for entry in shown if not wanted or entry["user_id"] in wanted], "pagination": {}}

    async def _moderated(self, ask: Ask) -> Page:
        user = ask.acting("user:read:moderated_channels")
        if ask.one("user_id") != user.id:
            raise refusal(401, "The user_id must match the user ID in the access token", wrong=True)
        shown = [
            {"broadcaster_id": entry.id, "broadcaster_login": entry.user.login, "broadcaster_name": entry.user.name}
            for entry in self._core.world.channels.values()
            if user.id in entry.moderators
        ]
        return 200, {"data": shown, "pagination": {}}


def _sent(message_id: str, is_sent: bool, drop_reason: dict[str, str] | None) -> dict[str, Any]:
    return {"message_id": message_id, "is_sent": is_sent, "drop_reason": drop_reason}


def _banned(
    channel: Channel, user: User, moderator: User, at: datetime, ends_at: datetime | None
) -> dict[str, str | None]:
    return {
        "broadcaster_id": channel.id,
        "moderator_id": moderator.id,
        "user_id": user.id,
        "created_at": seconds_stamp(at),
        "end_time": seconds_stamp(ends_at) if ends_at else None,
    }
