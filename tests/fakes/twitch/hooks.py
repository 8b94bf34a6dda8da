"""EventSub's webhook deliveries: proof of the callback, signed messages, retries, and the end after failures.

Source: dev.twitch.tv "Getting Events Using Webhook Callbacks": HMAC-SHA256 over id, timestamp and raw body; the
challenge echoed as the raw body with 200; 2XX within a few seconds, else sent again under the same id with the retry
count; after too many failures the subscription ends as notification_failures_exceeded and a revocation is sent. How
often and how late Twitch retries is not documented: `retries_s` and `failures_allowed` are this fake's.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import aiohttp

from tests.fakes.server import PATIENCE_S
from tests.fakes.twitch.bus import Bus, Notice, Subscription
from tests.fakes.twitch.core import Core
from tests.fakes.twitch.world import stamp

ANSWER_S = 10
Forgery = Literal["signature", "timestamp", "replay", "no signature"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One delivery that was tried; `status` 0 when no answer came."""

    message_id: str
    kind: str
    retry: int
    status: int
    subscription: Subscription


def signature(secret: str, message_id: str, at: str, body: bytes) -> str:
    """What `Twitch-Eventsub-Message-Signature` has to say."""
    signed = message_id.encode() + at.encode() + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def headers_for(
    subscription: Subscription, secret: str, kind: str, message_id: str, at: str, body: bytes, retry: int = 0
) -> dict[str, str]:
    """The headers of a genuine delivery."""
    return {
        "Content-Type": "application/json",
        "Twitch-Eventsub-Message-Id": message_id,
        "Twitch-Eventsub-Message-Retry": str(retry),
        "Twitch-Eventsub-Message-Type": kind,
        "Twitch-Eventsub-Message-Signature": signature(secret, message_id, at, body),
        "Twitch-Eventsub-Message-Timestamp": at,
        "Twitch-Eventsub-Subscription-Type": subscription.kind,
        "Twitch-Eventsub-Subscription-Version": subscription.version,
    }


class Hooks:
    """Deliveries to callbacks; `attempts` is what was sent and how it was answered."""

    def __init__(self, core: Core, bus: Bus) -> None:
        self._core = core
        self._bus = bus
        self.attempts: list[Attempt] = []
        self.retries_s: tuple[float, ...] = (1.0, 5.0, 30.0)
        self.failures_allowed = 3
        self._under_way = 0
        bus.transports["webhook"] = (self._deliver, self._farewell)

    async def settled(self, within_s: float = PATIENCE_S) -> None:
        """Wait until no delivery is on the wire (those that wait for a retry are not)."""
        await asyncio.sleep(0)
        await self._core.until(lambda: self._under_way == 0, within_s)

    async def verify(self, subscription: Subscription) -> None:
        """Send the challenge, and enable the subscription when it comes back as it was sent."""
        challenge = secrets.token_urlsafe(24)
        body = json.dumps({"challenge": challenge, "subscription": subscription.shown()}).encode()
        status, text = await self._post(subscription, "webhook_callback_verification", str(uuid4()), body)
        proven = status == 200 and text == challenge
        subscription.status = "enabled" if proven else "webhook_callback_verification_failed"
        self._core.changed()

    async def forge(self, subscription: Subscription, how: Forgery, event: dict[str, Any] | None = None) -> int:
        """Send what somebody else than Twitch could send; the status it was answered with.

        `signature` has a wrong one, `timestamp` is signed but eleven minutes old, `replay` is the last genuine
        notification byte for byte, `no signature` has none.
        """
        last = next((notice for notice in reversed(self._bus.sent) if notice.subscription is subscription), None)
        message_id, at, payload = str(uuid4()), self._core.now(), event or {}
        if how == "timestamp":
            at -= timedelta(minutes=11)
        written = stamp(at)
        if how == "replay":
            assert last is not None, "nothing was sent that could be replayed"
            message_id, written, payload = last.id, last.at, last.event
        body = json.dumps({"subscription": subscription.shown(), "event": payload}).encode()
        headers = headers_for(subscription, subscription.transport["secret"], "notification", message_id, written, body)
        if how == "signature":
            headers["Twitch-Eventsub-Message-Signature"] = "sha256=" + secrets.token_hex(32)
        if how == "no signature":
            del headers["Twitch-Eventsub-Message-Signature"]
        return (await self._wire(subscription.transport["callback"], body, headers))[0]

    async def _deliver(self, notice: Notice) -> None:
        self._core.spawn(self._insist(notice))

    async def _insist(self, notice: Notice) -> None:
        subscription = notice.subscription
        body = json.dumps({"subscription": subscription.shown(), "event": notice.event}).encode()
        for retry in range(len(self.retries_s) + 1):
            if subscription.status != "enabled":
                return
            status, _ = await self._post(subscription, "notification", notice.id, body, notice.at, retry)
            if 200 <= status < 300:
                return
            if retry < len(self.retries_s):
                await self._core.clock.sleep(self.retries_s[retry])
        subscription.failures += 1
        if subscription.failures >= self.failures_allowed and subscription.status == "enabled":
            await self._bus.revoke(subscription, "notification_failures_exceeded")

    async def _farewell(self, subscription: Subscription) -> None:
        body = json.dumps({"subscription": subscription.shown()}).encode()
        self._core.spawn(self._once(subscription, "revocation", str(uuid4()), body))

    async def _once(self, subscription: Subscription, kind: str, message_id: str, body: bytes) -> None:
        await self._post(subscription, kind, message_id, body)

    async def _post(
        self, subscription: Subscription, kind: str, message_id: str, body: bytes, at: str = "", retry: int = 0
    ) -> tuple[int, str]:
        secret = subscription.transport["secret"]
        headers = headers_for(subscription, secret, kind, message_id, at or self._core.stamp(), body, retry)
        status, text = await self._wire(subscription.transport["callback"], body, headers)
        self.attempts.append(Attempt(message_id, kind, retry, status, subscription))
        self._core.changed()
        return status, text

    async def _wire(self, callback: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        self._under_way += 1
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S)) as session,
                session.post(callback, data=body, headers=headers, allow_redirects=False) as response,
            ):
                return response.status, await response.text()
        except (aiohttp.ClientError, TimeoutError):
            return 0, ""
        finally:
            self._under_way -= 1
            self._core.changed()
