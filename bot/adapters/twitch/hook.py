"""EventSub's webhook at /hooks/twitch.

Source: dev.twitch.tv "Getting Events Using Webhook Callbacks": HMAC-SHA256 over id, timestamp and raw body; messages
older than ten minutes are not to be taken; the challenge goes back as it came.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel

from bot.hooks import Acknowledgement, Delivery, Knock, shaped
from clipnet.clock import Clock

_PREFIX: Final = "twitch-eventsub-message-"
WINDOW: Final = timedelta(minutes=10)
NOTIFICATION: Final = "notification"
REVOCATION: Final = "revocation"
CHALLENGE: Final = "webhook_callback_verification"


class Heard(Enum):
    """What became of a notification at the door."""

    NOTHING = "nobody listened, or it is no message that can be read"
    COUNTED = "it is counted, where it is to be, and there is more to do about it"
    DONE = "that was all there is to do about it"


Take = Callable[[str, dict[str, Any]], Awaitable[None]]
Overhear = Callable[[dict[str, Any]], Heard]


class _Message(BaseModel):
    """An object; what is in it is read with care."""


class TwitchHook:
    """Verifies first; whether an event came before is asked of the ledger, and only for what was verified.

    Most of what comes is talk that is only counted: what `overhear` is done with is never written down. It must not
    block. What else it counted may be handled by another process, which is told not to count that again.
    """

    platform = "twitch"

    def __init__(self, secret: str, take: Take, clock: Clock, *, overhear: Overhear | None = None) -> None:
        self._secret = secret.encode()
        self._take = take
        self._overhear = overhear
        self._clock = clock

    def open(self, knock: Knock) -> Acknowledgement:
        """Verify and read. Raises `BadInput`."""
        said = {name: knock.headers.get(f"{_PREFIX}{name}", "") for name in ("id", "timestamp", "signature", "type")}
        if not said["id"] or not self._genuine(said, knock.body):
            return Acknowledgement(403)
        if not self._recent(said["timestamp"]):
            return Acknowledgement(403)
        _, body = shaped(_Message, knock.body)
        return self._answer(said, body)

    async def handle(self, delivery: Delivery) -> None:
        """Act on what was written down."""
        await self._take(delivery.kind, delivery.body)

    def _answer(self, said: dict[str, str], body: dict[str, Any]) -> Acknowledgement:
        if said["type"] == CHALLENGE:
            return Acknowledgement(200, str(body.get("challenge", "")).encode())
        if said["type"] not in (NOTIFICATION, REVOCATION):
            return Acknowledgement(204)
        condition = _inside(_inside(body, "subscription"), "condition")
        lane = str(_inside(body, "event").get("broadcaster_user_id") or condition.get("broadcaster_user_id", ""))
        kept = {**body, "at": said["timestamp"]}
        heard = Heard.NOTHING
        if said["type"] == NOTIFICATION and self._overhear is not None:
            heard = self._overhear(kept)
        if heard is Heard.DONE:
            return Acknowledgement(204)
        kept["counted"] = heard is Heard.COUNTED
        return Acknowledgement(204, delivery=Delivery(said["id"], said["type"], kept, lane))

    def _genuine(self, said: dict[str, str], body: bytes) -> bool:
        try:
            given = said["signature"].encode("ascii")
            signed = (said["id"] + said["timestamp"]).encode("ascii") + body
        except UnicodeEncodeError:
            return False
        wanted = "sha256=" + hmac.new(self._secret, signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(given, wanted.encode())

    def _recent(self, written: str) -> bool:
        try:
            at = datetime.fromisoformat(written)
        except ValueError:
            return False
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return abs(self._clock.now() - at) <= WINDOW


def _inside(body: dict[str, Any], name: str) -> dict[str, Any]:
    found = body.get(name)
    return found if isinstance(found, dict) else {}
