"""Webhooks: registered after a challenge, told of posts with a signature over the raw body."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from tests.fakes.server import Call, Refusal
from tests.fakes.x.events import account_activity, activity
from tests.fakes.x.problems import invalid, not_found
from tests.fakes.x.query import path_id
from tests.fakes.x.render import stamp
from tests.fakes.x.schemas import NewActivitySubscription, NewWebhook, read_body
from tests.fakes.x.wire import answer
from tests.fakes.x.world import Post, User, World

SIGNATURE = "x-twitter-webhooks-signature"
ANSWER_WITHIN_S = 10.0
Signed = Literal["right", "wrong", "missing"]


@dataclass(slots=True)
class Webhook:
    """An address of the app. An invalid one is told nothing until it passes a challenge again."""

    id: str
    url: str
    created_at: datetime
    valid: bool = True


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose posts a webhook hears of. `event_type` is empty for the older account activity."""

    id: str
    webhook: Webhook
    user: User
    event_type: str = ""
    tag: str | None = None

    def wants(self, post: Post) -> bool:
        """Whether this post is told."""
        match self.event_type:
            case "post.create":
                return post.author is self.user
            case "post.mention.create":
                return post.author is not self.user and post.names(self.user)
            case "":
                return post.author is self.user or post.reaches(self.user)
        return False


class Webhooks:
    """The app's webhooks. `loopback` also takes http addresses with a port on this machine, as tests have them."""

    def __init__(
        self,
        world: World,
        consumer_secret: str,
        violation: Callable[[str], None],
        url: Callable[[], str],
        *,
        loopback: bool,
    ) -> None:
        self.by_id: dict[str, Webhook] = {}
        self.subscriptions: list[Subscription] = []
        self._world = world
        self._secret = consumer_secret.encode()
        self._violation = violation
        self._url = url
        self._loopback = loopback
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """End the connections to the webhooks."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def create(self, call: Call) -> web.StreamResponse:
        """POST /2/webhooks: challenged at once."""
        body = read_body(call, NewWebhook)
        self._check_url(body.url)
        if any(hook.url == body.url for hook in self.by_id.values()):
            raise _failed("DuplicateUrlFailed", body.url)
        hook = Webhook(self._world.new_id(), body.url, self._world.clock.now())
        if not await self.challenge(hook):
            raise _failed("CrcValidationFailed", body.url)
        self.by_id[hook.id] = hook
        return answer({"data": _shown(hook)})

    async def all(self, _call: Call) -> web.StreamResponse:
        """GET /2/webhooks."""
        hooks = [_shown(hook) for hook in self.by_id.values()]
        return answer({"data": hooks, "meta": {"result_count": len(hooks)}})

    async def validate(self, call: Call) -> web.StreamResponse:
        """PUT /2/webhooks/{id}."""
        return answer({"data": {"valid": await self.challenge(self._hook(call))}})

    async def delete(self, call: Call) -> web.StreamResponse:
        """DELETE /2/webhooks/{id}."""
        hook = self._hook(call)
        del self.by_id[hook.id]
        self.subscriptions = [one for one in self.subscriptions if one.webhook is not hook]
        return answer({"data": {"deleted": True}})

    async def subscribe(self, call: Call, user: User) -> web.StreamResponse:
        """POST /2/account_activity/webhooks/{id}/subscriptions/all, for the account that asks."""
        hook = self._hook(call)
        if any(one.webhook is hook and one.user is user and not one.event_type for one in self.subscriptions):
            raise _failed("DuplicateSubscriptionFailed", hook.id)
        self.subscriptions.append(Subscription(self._world.new_id(), hook, user))
        return answer({"data": {"subscribed": True}})

    async def subscribe_activity(self, call: Call) -> web.StreamResponse:
        """POST /2/activity/subscriptions."""
        body = read_body(call, NewActivitySubscription)
        user = self._world.users.get(body.filter.user_id)
        hook = self.by_id.get(body.webhook_id or "")
        if user is None or hook is None:
            raise invalid(("filter", body.filter.user_id, "no such account or webhook"))
        one = Subscription(self._world.new_id(), hook, user, body.event_type, body.tag)
        self.subscriptions.append(one)
        at = stamp(self._world.clock.now())
        data = body.model_dump(exclude_none=True)
        return answer({"data": data | {"subscription_id": one.id, "created_at": at, "updated_at": at}})

    async def challenge(self, hook: Webhook) -> bool:
        """Send the CRC and judge its answer; a wrong token from a server that answers well is a violation."""
        token = secrets.token_urlsafe(24)
        hook.valid = False
        try:
            async with self._client().get(hook.url, params={"crc_token": token}, allow_redirects=False) as response:
                if response.status != 200:
                    return False
                given = (await response.json(content_type=None) or {}).get("response_token")
        except (aiohttp.ClientError, TimeoutError, ValueError, AttributeError):
            return False
        hook.valid = given == self.signature(token.encode())
        if not hook.valid:
            self._violation(f"the response_token of {hook.url} is not that of its crc_token")
        return hook.valid

    async def deliver(
        self, posts: Iterable[Post], *, signed: Signed = "right", times: int = 1, at_once: bool = False
    ) -> list[int]:
        """Tell all webhooks that want to know; returns their statuses (0: no answer)."""
        sends = [
            (one.webhook.url, json.dumps(self._event(one, post)).encode())
            for post in posts
            for one in self.subscriptions
            if one.webhook.valid and one.wants(post)
            for _ in range(times)
        ]
        if at_once:
            return list(await asyncio.gather(*(self.send(url, body, signed=signed) for url, body in sends)))
        return [await self.send(url, body, signed=signed) for url, body in sends]

    async def send(self, url: str, body: bytes, *, signed: Signed = "right") -> int:
        """One delivery with a body of the caller's choice; returns the status (0: no answer)."""
        headers = {"Content-Type": "application/json"}
        if signed != "missing":
            headers[SIGNATURE] = self.signature(body if signed == "right" else b"another body")
        try:
            async with self._client().post(url, data=body, headers=headers, allow_redirects=False) as response:
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    def signature(self, body: bytes) -> str:
        """What X writes for these bytes with the app's consumer secret."""
        return "sha256=" + base64.b64encode(hmac.digest(self._secret, body, hashlib.sha256)).decode()

    def _event(self, one: Subscription, post: Post) -> dict[str, Any]:
        if one.event_type:
            return activity(post, one.user, one.event_type, one.tag, self._world, self._url())
        return account_activity(post, one.user, self._world, self._url())

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_WITHIN_S))
        return self._session

    def _hook(self, call: Call) -> Webhook:
        hook = self.by_id.get(path_id(call.args["id"]))
        if hook is None:
            raise not_found("webhook", call.args["id"], "webhook_id")
        return hook

    def _check_url(self, url: str) -> None:
        parts = urlsplit(url)
        if self._loopback and parts.scheme == "http" and parts.hostname == "127.0.0.1":
            return
        if parts.scheme != "https" or not parts.hostname or ":" in parts.netloc:
            refusal = _failed("UrlValidationFailed", url)
            refusal.violation = f"{url} is not https without a port"
            raise refusal


def _failed(reason: str, value: str) -> Refusal:
    refusal = invalid(("url", value, reason))
    refusal.violation = ""
    return refusal


def _shown(hook: Webhook) -> dict[str, Any]:
    return {"id": hook.id, "url": hook.url, "valid": hook.valid, "created_at": stamp(hook.created_at)}
