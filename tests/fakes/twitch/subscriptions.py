"""Helix's routes for EventSub subscriptions.

Sources: dev.twitch.tv "EventSub" in the API reference (status codes, filters), "Managing Event Subscriptions" (costs: 0
with the user's authorisation, else 1; total 10,000 for webhooks; at most 3 of one type and condition), "Getting Events
Using WebSockets" (3 connections a user with 300 subscriptions each, total cost 10), "Getting Events Using Webhook
Callbacks" (HTTPS on port 443, secret of 10 to 100 ASCII characters).
"""

from typing import Any
from urllib.parse import urlsplit

from tests.fakes.twitch.bus import Bus, Subscription
from tests.fakes.twitch.core import Core, refusal
from tests.fakes.twitch.helix import Ask, Helix, Page, text_in
from tests.fakes.twitch.hooks import Hooks
from tests.fakes.twitch.kinds import KINDS, Kind
from tests.fakes.twitch.sockets import Sockets

MAX_COST = {"websocket": 10, "webhook": 10_000}
A_SOCKET = 300
SOCKETS_A_USER = 3
ALIKE = 3
FILTERS = ("status", "type", "user_id", "subscription_id")


class Subscriptions:
    """Creating, listing and deleting subscriptions."""

    def __init__(self, core: Core, helix: Helix, bus: Bus, sockets: Sockets, hooks: Hooks, *, http: bool) -> None:
        self._core = core
        self._bus = bus
        self._sockets = sockets
        self._hooks = hooks
        self._http = http
        helix.route("POST", "eventsub/subscriptions", self._create)
        helix.route("GET", "eventsub/subscriptions", self._list)
        helix.route("DELETE", "eventsub/subscriptions", self._delete)

    async def _create(self, ask: Ask) -> Page:
        body = ask.body()
        kind, condition = self._asked(body)
        transport = body.get("transport")
        if not isinstance(transport, dict):
            raise refusal(400, "The transport field is required", wrong=True)
        match transport.get("method"):
            case "websocket":
                transport = self._socket(ask, transport)
            case "webhook":
                transport = self._callback(ask, transport)
            case _:
                raise refusal(400, "The value specified in the method field is not valid", wrong=True)
        subscription = Subscription(
            kind=body["type"],
            version=body["version"],
            condition=condition,
            transport=transport,
            created_at=self._core.stamp(),
            cost=self._cost(kind, condition),
            people=self._consents(ask, kind, condition),
            user_id=ask.token.user.id if ask.token.user else "",
        )
        self._check_room(subscription)
        self._bus.subscriptions.append(subscription)
        self._start(subscription)
        return 202, {"data": [subscription.shown()], **self._totals(ask)}

    def _start(self, subscription: Subscription) -> None:
        if subscription.method == "webhook":
            subscription.status = "webhook_callback_verification_pending"
            self._core.spawn(self._hooks.verify(subscription))
        else:
            self._sockets.sessions[subscription.transport["session_id"]].user_id = subscription.user_id
        self._core.changed()

    def _asked(self, body: dict[str, Any]) -> tuple[Kind, dict[str, str]]:
        kind = KINDS.get(text_in(body, "type"))
        if kind is None or kind.version != text_in(body, "version"):
            raise refusal(400, "The combination of values in the type and version fields is not valid", wrong=True)
        condition = body.get("condition")
        if not isinstance(condition, dict):
            raise refusal(400, "The condition field is required", wrong=True)
        if any(not isinstance(condition.get(name), str) or not condition[name] for name in kind.condition):
            raise refusal(400, "The condition object is missing one or more required fields", wrong=True)
        if set(condition) - set(kind.condition):
            raise refusal(400, "The condition object has fields that the type does not know", wrong=True)
        if any(name.endswith("user_id") and value not in self._core.world.users for name, value in condition.items()):
            raise refusal(400, "The user specified in the condition object does not exist")
        return kind, condition

    def _socket(self, ask: Ask, transport: dict[str, Any]) -> dict[str, str]:
        if ask.token.user is None:
            raise refusal(400, "invalid transport and auth combination", wrong=True)
        if not transport.get("session_id"):
            raise refusal(400, "The session_id field is required for the websocket transport", wrong=True)
        session = self._sockets.sessions.get(str(transport["session_id"]))
        if session is None or not session.open:
            raise refusal(400, "websocket transport session does not exist or has already disconnected")
        if session.user_id not in {"", ask.token.user.id}:
            raise refusal(400, "websocket transport cannot have subscriptions created by different users", wrong=True)
        others = {other for other in self._sockets.of(ask.token.user.id) if other is not session and not other.leaving}
        if len(others) >= SOCKETS_A_USER:
            raise refusal(429, "number of websocket transports limit exceeded", wrong=True)
        return {"method": "websocket", "session_id": session.id, "connected_at": session.connected_at}

    def _callback(self, ask: Ask, transport: dict[str, Any]) -> dict[str, str]:
        if ask.token.user is not None:
            raise refusal(400, "invalid transport and auth combination", wrong=True)
        secret = transport.get("secret")
        if not isinstance(secret, str) or not 10 <= len(secret) <= 100 or not secret.isascii():
            raise refusal(400, "The length of the string in the secret field is not valid", wrong=True)
        callback = str(transport.get("callback") or "")
        if not callback:
            raise refusal(400, "The callback field is required for the webhook transport", wrong=True)
        url = urlsplit(callback)
        loopback = self._http and url.scheme == "http" and url.hostname in {"127.0.0.1", "localhost"}
        if not loopback and (url.scheme != "https" or url.port not in {None, 443} or not url.hostname):
            raise refusal(
                400, "The URL in the callback field must use the HTTPS protocol and the 443 port number", wrong=True
            )
        return {"method": "webhook", "callback": callback, "secret": secret}

    def _consents(self, ask: Ask, kind: Kind, condition: dict[str, str]) -> frozenset[str]:
        broadcaster, reader = condition.get("broadcaster_user_id", ""), condition.get("user_id", "")
        match kind.rule:
            case "chat":
                ok = self._may_read(ask, broadcaster, reader)
                people = {reader} | (set() if ask.token.user else {broadcaster})
            case "broadcaster":
                own = ask.token.user is None or ask.token.user.id == broadcaster
                ok = own and self._core.tokens.allowed(broadcaster, kind.scope)
                people = {broadcaster}
            case "client":
                ok = ask.token.user is None and condition["client_id"] == self._core.client_id
                people = set()
            case _:
                ok, people = True, set()
        if not ok:
            raise refusal(403, "subscription missing proper authorization")
        return frozenset(people)

    def _may_read(self, ask: Ask, broadcaster: str, reader: str) -> bool:
        channel = self._core.world.channels[broadcaster]
        if channel.shuts_out(reader, self._core.now()):
            return False
        if ask.token.user:
            return ask.token.user.id == reader and ask.token.has("user:read:chat")
        let_in = channel.moderated_by(reader) or self._core.tokens.allowed(broadcaster, "channel:bot")
        return let_in and self._core.tokens.allowed(reader, "user:read:chat", "user:bot")

    def _cost(self, kind: Kind, condition: dict[str, str]) -> int:
        broadcaster = condition.get("broadcaster_user_id", "")
        return 1 if kind.rule == "open" and not self._core.tokens.allowed(broadcaster) else 0

    def _check_room(self, new: Subscription) -> None:
        mine = [other for other in self._bus.subscriptions if other.live and other.method == new.method]
        alike = [other for other in mine if (other.kind, other.condition) == (new.kind, new.condition)]
        address = "session_id" if new.method == "websocket" else "callback"
        if any(other.transport[address] == new.transport[address] for other in alike):
            raise refusal(409, "subscription already exists")
        if len(alike) >= ALIKE:
            raise refusal(429, "subscription type and condition count exceeded", wrong=True)
        mine = [other for other in mine if other.user_id == new.user_id]
        if sum(other.cost for other in mine) + new.cost > MAX_COST[new.method]:
            raise refusal(429, f"{new.method} transport total cost exceeded", wrong=True)
        here = [other for other in mine if other.transport[address] == new.transport[address]]
        if new.method == "websocket" and len(here) >= A_SOCKET:
            raise refusal(429, "websocket transport subscription limit exceeded", wrong=True)

    def _owned(self, ask: Ask) -> list[Subscription]:
        owner = ask.token.user.id if ask.token.user else ""
        return [subscription for subscription in self._bus.subscriptions if subscription.user_id == owner]

    def _totals(self, ask: Ask) -> dict[str, int]:
        owned = self._owned(ask)
        return {
            "total": len(owned),
            "total_cost": sum(subscription.cost for subscription in owned if subscription.live),
            "max_total_cost": MAX_COST["websocket" if ask.token.user else "webhook"],
        }

    async def _list(self, ask: Ask) -> Page:
        given = {name: ask.call.query[name] for name in FILTERS if name in ask.call.query}
        if len(given) > 1:
            raise refusal(400, "The filter parameters are mutually exclusive", wrong=True)
        shown = [subscription.shown() for subscription in self._owned(ask)]
        for name, value in given.items():
            if name == "user_id":
                shown = [entry for entry in shown if value in entry["condition"].values()]
            else:
                shown = [entry for entry in shown if entry["id" if name == "subscription_id" else name] == value]
        return 200, {"data": shown, **self._totals(ask), "pagination": {}}

    async def _delete(self, ask: Ask) -> Page:
        wanted = ask.one("id")
        for subscription in self._owned(ask):
            if subscription.id == wanted:
                self._bus.subscriptions.remove(subscription)
                subscription.status = "deleted"
                self._core.changed()
                return 204, None
        raise refusal(404, "subscription not found")
