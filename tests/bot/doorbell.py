"""A platform of the tests' own that knocks: signed like the real ones, handled as a request for a clip."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.hooks import Acknowledgement, Delivery, Knock
from bot.router import Router
from bot.vocabulary import Actor, Invocation, Place, Surface
from clipnet.errors import Unavailable

SECRET = b"knock three times"
LINK = "https://example.org/talk.mp4"


def signed(event: Mapping[str, Any], *, secret: bytes = SECRET) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a request."""
    body = json.dumps(event).encode()
    return body, {"X-Event": str(event["id"]), "X-Signature": signature(str(event["id"]), body, secret)}


def signature(event_id: str, body: bytes, secret: bytes = SECRET) -> str:
    """What proves that the platform sent it."""
    return hmac.new(secret, event_id.encode() + body, hashlib.sha256).hexdigest()


@dataclass
class Doorbell:
    """The hook. `heard` keeps what was handled, in order; `router` None: nothing else is done with it."""

    router: Router | None = None
    platform: str = "doorbell"
    surface: Surface = "twitch"
    heard: list[str] = field(default_factory=list)

    def open(self, knock: Knock) -> Acknowledgement:
        """Verify and read."""
        event_id = knock.headers.get("x-event", "")
        if not hmac.compare_digest(signature(event_id, knock.body), knock.headers.get("x-signature", "")):
            return Acknowledgement(403)
        event = json.loads(knock.body)
        if "challenge" in event:
            return Acknowledgement(200, event["challenge"].encode())
        return Acknowledgement(delivery=Delivery(event_id, event.get("kind", "chat"), event, event.get("channel", "")))

    async def handle(self, delivery: Delivery) -> None:
        """Give it to the router."""
        self.heard.append(delivery.event_id)
        if self.router is None:
            return
        body = delivery.body
        answer = await self.router.handle(
            Invocation(
                delivery.event_id,
                self.surface,
                Actor(self.platform, body.get("user", "1"), body.get("user", "1")),
                Place(self.platform, body.get("channel", "")),
                text=body.get("text", ""),
            )
        )
        if answer is not None and answer.problem is not None and answer.problem.status == Unavailable.status:
            raise Unavailable(answer.problem.sentence)
