"""Helix's gate: client id, token, scopes and points, before a route is answered.

Sources: dev.twitch.tv "Twitch API Concepts" (800 points a minute in a token bucket, one point a request unless said,
headers Ratelimit-*; application and each user have buckets of their own; every call carries Client-Id), "Validating
Tokens", "Twitch API Reference" for each route's status codes.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.fakes.server import Call, Refusal
from tests.fakes.twitch.core import Core, answer, refusal
from tests.fakes.twitch.tokens import Token
from tests.fakes.twitch.world import Channel, User

Page = tuple[int, Any]
Route = Callable[["Ask"], Awaitable[Page]]


@dataclass(slots=True)
class Ask:
    """One call that passed the gate."""

    call: Call
    token: Token
    core: Core

    def one(self, name: str) -> str:
        """A query parameter that has to be there."""
        value = self.call.query.get(name, "")
        if not value:
            raise refusal(400, f'Missing required parameter "{name}"', wrong=True)
        return value

    def many(self, name: str) -> list[str]:
        """A query parameter that may come up to a hundred times."""
        assert self.call.request is not None
        values = self.call.request.query.getall(name, [])
        if len(values) > 100:
            raise refusal(400, f'The parameter "{name}" may be given at most 100 times', wrong=True)
        return values

    def body(self) -> dict[str, Any]:
        """The JSON object of the request."""
        if not self.call.headers.get("Content-Type", "").startswith("application/json"):
            raise refusal(400, "Content-Type must be application/json", wrong=True)
        try:
            body = self.call.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise refusal(400, "The request body is not a JSON object", wrong=True)
        return body

    def acting(self, scope: str) -> User:
        """The person of a user token that carries this scope."""
        if self.token.user is None:
            raise refusal(401, "The request requires a user access token", wrong=True)
        if not self.token.has(scope):
            raise refusal(401, f"Missing scope: {scope}", wrong=True)
        return self.token.user

    def channel(self, broadcaster_id: str) -> Channel:
        """The channel of an id, which has to be digits and to exist."""
        if not broadcaster_id.isdigit():
            raise refusal(400, 'The parameter "broadcaster_id" was malformed', wrong=True)
        channel = self.core.world.channels.get(broadcaster_id)
        if channel is None:
            raise refusal(400, "The broadcaster_id does not identify a user")
        return channel


def text_in(body: dict[str, Any], name: str) -> str:
    """A string that a body has to have."""
    if name not in body or body[name] in (None, ""):
        raise refusal(400, f'Missing required parameter "{name}"', wrong=True)
    if not isinstance(body[name], str):
        raise refusal(400, f'The parameter "{name}" must be a string', wrong=True)
    return str(body[name])


class Helix:
    """Registers routes under `helix_base` behind the gate."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.points_a_minute = 800
        self._spent: dict[str, tuple[float, float]] = {}

    def route(self, method: str, path: str, handler: Route) -> None:
        """Answer `method` on `/helix/<path>`."""

        async def guarded(call: Call) -> web.StreamResponse:
            token = self._admit(call)
            headers = self._spend(token)
            try:
                status, body = await handler(Ask(call, token, self._core))
            except Refusal as refused:
                refused.headers = headers | refused.headers
                raise
            response = answer(body, status) if body is not None else web.Response(status=status)
            response.headers.update(headers)
            return response

        self._core.route(method, f"/helix/{path}", guarded)

    def _admit(self, call: Call) -> Token:
        scheme, _, access = call.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not access:
            raise refusal(401, "OAuth token is missing", wrong=True)
        client = next((value for name, value in call.headers.items() if name.lower() == "client-id"), "")
        if not client:
            raise refusal(401, "Client ID is missing", wrong=True)
        token = self._core.tokens.find(access)
        if token is None:
            raise refusal(401, "Invalid OAuth token")
        if client != self._core.client_id:
            raise refusal(401, "Client ID and OAuth token do not match", wrong=True)
        return token

    def _spend(self, token: Token) -> dict[str, str]:
        bucket = token.user.id if token.user else ""
        now_s = self._core.clock.monotonic_s()
        left, since_s = self._spent.get(bucket, (float(self.points_a_minute), now_s))
        left = min(float(self.points_a_minute), left + (now_s - since_s) * self.points_a_minute / 60)
        if left < 1:
            self._spent[bucket] = (left, now_s)
            raise self._core.too_many((1 - left) * 60 / self.points_a_minute)
        self._spent[bucket] = (left - 1, now_s)
        full_in_s = (self.points_a_minute - left + 1) * 60 / self.points_a_minute
        return {
            "Ratelimit-Limit": str(self.points_a_minute),
            "Ratelimit-Remaining": str(int(left - 1)),
            "Ratelimit-Reset": str(int(self._core.now().timestamp() + full_in_s)),
        }
