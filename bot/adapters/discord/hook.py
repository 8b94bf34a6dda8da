"""Interactions by HTTP: signed by Discord, acknowledged by our answer to its request, handled after that."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel

from bot.adapters.discord import reading
from bot.adapters.discord.reading import First
from bot.hooks import Acknowledgement, Delivery, Knock, shaped
from bot.registry import Registry
from clipnet.clock import Clock
from clipnet.errors import Misconfigured
from clipnet.texts import text

PING = 1
FRESH_S = 300.0
"""How far the time of a request may be from ours, in seconds; older ones may be somebody's recording."""
EPHEMERAL = 64
DEFERRED, DEFERRED_UPDATE = 5, 6
_REFUSED = Acknowledgement(401, b"invalid request signature")
Take = Callable[[dict[str, Any], bool], Awaitable[None]]


class _Option(BaseModel):
    name: str
    type: int
    options: list["_Option"] | None = None


class _Data(BaseModel):
    type: int | None = None
    name: str | None = None
    custom_id: str | None = None
    options: list[_Option] | None = None


class _Interaction(BaseModel):
    """As much of an interaction as is looked at before it is written down."""

    type: int
    id: str
    token: str
    data: _Data | None = None
    message: dict[str, Any] | None = None


class DiscordHook:
    """The door of `/hooks/discord`. `take` handles an interaction; its flag says whether it was acknowledged.

    Raises:
        Misconfigured: the public key is none.
    """

    platform = "discord"

    def __init__(self, public_key: str, registry: Registry, take: Take, clock: Clock) -> None:
        try:
            self._key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        except ValueError:
            raise Misconfigured(
                text("DISCORD_PUBLIC_KEY isn't a public key."),
                hint=text("Copy it from the application's page “General Information”."),
            ) from None
        self._registry = registry
        self._take = take
        self._clock = clock

    def open(self, knock: Knock) -> Acknowledgement:
        """Verify and acknowledge; a command's answer follows by the interaction's token. Raises `BadInput`."""
        if knock.method != "POST" or not self._genuine(knock):
            return _REFUSED
        said, payload = shaped(_Interaction, knock.body)
        if said.type == PING:
            return _json({"type": PING})
        first = self._first(payload, said.type)
        delivery = Delivery(said.id, _KINDS.get(said.type, str(said.type)), payload, lane=said.id)
        answer = _answer(first)
        return Acknowledgement(202, delivery=delivery) if answer is None else _json(answer, delivery)

    async def handle(self, delivery: Delivery) -> None:
        """Carry out an interaction that was written down. Raises `Unavailable` to be called again."""
        kind = int(delivery.body["type"])
        await self._take(delivery.body, _answer(self._first(delivery.body, kind)) is not None)

    def _first(self, payload: dict[str, Any], kind: int) -> First:
        return reading.first_of(
            self._registry, kind, payload.get("data") or {}, has_message=payload.get("message") is not None
        )

    def _genuine(self, knock: Knock) -> bool:
        stamp = knock.headers.get("x-signature-timestamp", "")
        try:
            signature = bytes.fromhex(knock.headers.get("x-signature-ed25519", ""))
            self._key.verify(signature, stamp.encode() + knock.body)
            return abs(float(stamp) - self._clock.now().timestamp()) <= FRESH_S
        except (InvalidSignature, ValueError):
            return False


_KINDS = {
    reading.COMMAND: "command",
    reading.COMPONENT: "component",
    reading.AUTOCOMPLETE: "autocomplete",
    reading.MODAL: "modal",
}


def _answer(first: First) -> dict[str, Any] | None:
    """The first response as the answer to Discord's request; None where it has to be made up first."""
    if first.kind == "message":
        return {"type": DEFERRED, "data": {"flags": EPHEMERAL}} if first.private else {"type": DEFERRED}
    return {"type": DEFERRED_UPDATE} if first.kind == "update" else None


def _json(answer: dict[str, Any], delivery: Delivery | None = None) -> Acknowledgement:
    return Acknowledgement(200, json.dumps(answer).encode(), "application/json", delivery)
