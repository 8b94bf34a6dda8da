"""EventSub's subscription types as far as the fake knows them: version, condition, and who has to have allowed what.

Source: dev.twitch.tv "EventSub Subscription Types" (one row each) and "EventSub Subscription Reference" (conditions).
"""

from dataclasses import dataclass
from typing import Literal

Rule = Literal["open", "chat", "broadcaster", "client"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One type. `rule` says whose consent it takes: nobody's, the reader's, the broadcaster's, or the client's."""

    version: str
    condition: tuple[str, ...]
    rule: Rule = "open"
    scope: str = ""


_CHAT = Kind("1", ("broadcaster_user_id", "user_id"), "chat", "user:read:chat")
_PLACE = ("broadcaster_user_id",)

KINDS = {
    "channel.chat.message": _CHAT,
    "channel.chat.message_delete": _CHAT,
    "channel.chat.clear_user_messages": _CHAT,
    "channel.ban": Kind("1", _PLACE, "broadcaster", "channel:moderate"),
    "channel.unban": Kind("1", _PLACE, "broadcaster", "channel:moderate"),
    "channel.moderator.add": Kind("1", _PLACE, "broadcaster", "moderation:read"),
    "channel.moderator.remove": Kind("1", _PLACE, "broadcaster", "moderation:read"),
    "channel.update": Kind("2", _PLACE),
    "stream.online": Kind("1", _PLACE),
    "stream.offline": Kind("1", _PLACE),
    "user.authorization.grant": Kind("1", ("client_id",), "client"),
    "user.authorization.revoke": Kind("1", ("client_id",), "client"),
}
