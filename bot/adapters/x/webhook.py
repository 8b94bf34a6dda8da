"""Events that X sends to `/hooks/x`: the challenge, the signature over the raw body, and which posts they are about.

What an event says of a post is only believed as far as its id: the post itself is read from X, as in polling.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from bot.adapters.x import mentions
from bot.adapters.x.client import X
from bot.adapters.x.listening import PLATFORM, Listener
from bot.hooks import Acknowledgement, Delivery, Knock, shaped
from bot.withdraw import withdraw
from clipnet.errors import BadInput

SIGNATURE: Final = "x-twitter-webhooks-signature"
CREATED, DELETED = "created", "deleted"
JSON: Final = "application/json"


@dataclass(slots=True)
class XHook:
    """X's way of knocking; see `bot.hooks.Hook`."""

    listener: Listener
    secret: str
    platform: str = PLATFORM

    def open(self, knock: Knock) -> Acknowledgement:
        """Answer a challenge, or verify an event and take its posts down. Raises `BadInput`."""
        if knock.method == "GET":
            return self._challenged(knock.query.get("crc_token", ""))
        given = knock.headers.get(SIGNATURE, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), signature(self.secret, knock.body).encode()):
            return Acknowledgement(401)
        event, _ = shaped(_Event, knock.body)
        return Acknowledgement(200, delivery=_told(event))

    async def handle(self, delivery: Delivery) -> None:
        """Hear the posts, or take back what they asked for."""
        ids = [str(one) for one in delivery.body["ids"]]
        if delivery.kind == DELETED:
            for post_id in ids:
                await withdraw(self.listener.router.services, PLATFORM, post_id)
            return
        line = self.listener.connected()
        for mention in mentions.read(await line.x.posts(ids), line.me):
            await self.listener.hear(mention)

    def _challenged(self, token: str) -> Acknowledgement:
        if not token:
            return Acknowledgement(400)
        answer = {"response_token": signature(self.secret, token.encode("utf-8", "replace"))}
        return Acknowledgement(200, json.dumps(answer).encode(), JSON)


def signature(secret: str, message: bytes) -> str:
    """What proves that a message is X's, or ours to X."""
    return "sha256=" + base64.b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).decode()


async def register(x: X, url: str) -> None:
    """Have X tell the account's mentions to `url`; a webhook that X found faulty is challenged again.

    Raises:
        BadInput: X doesn't take the address (it needs https and no port); the rest as `client.translated`.
    """
    hooks: Sequence[Mapping[str, Any]] = (await x.as_app("GET", "/2/webhooks")).get("data") or []
    known = next((hook for hook in hooks if hook["url"] == url), None)
    if known is None:
        made = await x.as_app("POST", "/2/webhooks", json={"url": url})
        known = made.get("data") or {}
    elif not known.get("valid"):
        await x.as_app("PUT", f"/2/webhooks/{known['id']}")
    try:
        await x.request("POST", f"/2/account_activity/webhooks/{known['id']}/subscriptions/all", json={})
    except BadInput as error:
        if "Duplicate" not in error.sentence:
            raise


Id = Annotated[str, Field(pattern=r"^\d{1,19}$")]


class _User(BaseModel):
    id_str: Id


class _Created(BaseModel):
    id_str: Id
    user: _User


class _Status(BaseModel):
    id: Id


class _Deleted(BaseModel):
    status: _Status


class _Payload(BaseModel):
    id: str = ""
    author_id: str = ""


class _Activity(BaseModel):
    event_type: str = ""
    payload: _Payload = _Payload()


class _Event(BaseModel):
    """As much of an event, in either of X's two shapes, as is believed."""

    data: _Activity | None = None
    for_user_id: str = ""
    tweet_create_events: list[_Created] = []
    tweet_delete_events: list[_Deleted] = []


def _told(event: _Event) -> Delivery | None:
    """What an event says; None for what is not for us."""
    if event.data is not None:
        return _activity(event.data)
    posts = [one for one in event.tweet_create_events if one.user.id_str != event.for_user_id]
    if posts:
        return _delivery(CREATED, [one.id_str for one in posts], posts[0].user.id_str)
    gone = [one.status.id for one in event.tweet_delete_events]
    return _delivery(DELETED, gone, "") if gone else None


def _activity(told: _Activity) -> Delivery | None:
    post = told.payload
    match told.event_type:
        case "post.mention.create" if post.id.isdecimal():
            return _delivery(CREATED, [post.id], post.author_id)
        case "post.delete" if post.id.isdecimal():
            return _delivery(DELETED, [post.id], "")
    return None


def _delivery(kind: str, ids: Sequence[str], lane: str) -> Delivery:
    return Delivery(f"{kind}:{','.join(ids)}", kind, {"ids": list(ids)}, lane)
