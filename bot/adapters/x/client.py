"""X by tweepy, on one session: limits respected before and learned after each request, errors as ours."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import tweepy
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from oauthlib.oauth1 import Client as Signer
from tweepy.asynchronous import AsyncClient
from yarl import URL

from bot.adapters.x.keys import Keys
from bot.adapters.x.limits import Limits, exhausted, route_of
from clipnet.clock import Clock
from clipnet.errors import BadInput, ClipNetError, Conflict, NotAllowed, NotFound, Unavailable
from clipnet.platform_settings import XSettings
from clipnet.texts import text

HOSTS: Final = frozenset({"api.twitter.com", "api.x.com"})
"""Both are X's; tweepy asks the first, which its signature is for."""
HOST: Final = "https://api.x.com"
TIMEOUT: Final = aiohttp.ClientTimeout(total=60, connect=10)
TOKEN_TIMEOUT: Final = aiohttp.ClientTimeout(total=10)
"""For tokens: short enough that who stops ClipNet need not wait for it."""
EXPANSIONS: Final = [
    "author_id",
    "attachments.media_keys",
    "referenced_tweets.id",
    "referenced_tweets.id.author_id",
    "referenced_tweets.id.attachments.media_keys",
]
FIELDS: Final[dict[str, Any]] = {
    "tweet_fields": [
        "author_id", "attachments", "conversation_id", "created_at", "display_text_range", "entities",
        "in_reply_to_user_id", "referenced_tweets",
    ],
    "media_fields": ["duration_ms", "type", "variants"],
    "user_fields": ["created_at", "protected", "username"],
}  # fmt: skip
PAID_S: Final = 900.0
"""How long after a refusal for lack of credits X is asked again."""
Body = dict[str, Any]


class Unsure(Exception):
    """Nobody answered: X may have done it or not."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account on X; `username` without `@`."""

    id: str
    username: str


class X:
    """The bot's account on X. Every method raises as `translated` says."""

    def __init__(
        self, settings: XSettings, keys: Keys, session: aiohttp.ClientSession, limits: Limits, clock: Clock
    ) -> None:
        self.clock = clock
        self.limits = limits
        self._settings = settings
        self._keys = keys
        self._session = session
        self._client = AsyncClient(
            None,
            settings.consumer_key,
            settings.consumer_secret,
            settings.access_token if keys.signs else None,
            settings.access_secret if keys.signs else None,
            return_type=dict,
            wait_on_rate_limit=False,
        )
        self._client.session = session

    async def me(self) -> Account:
        """Whose credentials these are."""
        found = await self._ask(lambda c, signs: c.get_me(user_auth=signs))
        return Account(str(found["data"]["id"]), str(found["data"]["username"]))

    async def mentions(self, account_id: str, *, since_id: str, page: str | None = None) -> Body:
        """A page of what names an account, newest first, strictly after a post."""
        more = {"pagination_token": page} if page else {}
        return await self._ask(
            lambda c, signs: c.get_users_mentions(
                account_id,
                since_id=since_id,
                max_results=100,
                expansions=EXPANSIONS,
                user_auth=signs,
                **FIELDS,
                **more,
            )
        )

    async def posts(self, ids: Sequence[str]) -> Body:
        """Posts by id, at most 100; those that can't be seen are missing."""
        return await self._ask(lambda c, signs: c.get_tweets(ids, expansions=EXPANSIONS, user_auth=signs, **FIELDS))

    async def missing(self, ids: Sequence[str]) -> set[str]:
        """Which of some posts, at most 100, X says don't exist (any more). What is hidden from us exists."""
        found = await self._ask(lambda c, signs: c.get_tweets(ids, user_auth=signs))
        told = (one for one in found.get("errors") or [] if str(one.get("type")).endswith("/resource-not-found"))
        return {str(one.get("resource_id")) for one in told}

    async def posted_by(self, account_id: str, *, since_id: str | None, page: str | None = None) -> Body:
        """A page of an account's own posts and answers, newest first."""
        more = {"since_id": since_id, "pagination_token": page}
        return await self._ask(
            lambda c, signs: c.get_users_tweets(
                account_id,
                max_results=100,
                tweet_fields=["referenced_tweets"],
                user_auth=signs,
                **{name: value for name, value in more.items() if value},
            )
        )

    async def post(
        self, words: str, *, answers: str | None = None, media_id: str | None = None, unnamed: Sequence[str] = ()
    ) -> str:
        """Post; returns the id. Raises `Unsure` besides, when it may have been posted.

        Args:
            unnamed: accounts whose handles X shall not put before an answer.
        """
        found = await self._ask(
            lambda c, signs: c.create_tweet(
                text=words,
                in_reply_to_tweet_id=answers,
                media_ids=[media_id] if media_id else None,
                exclude_reply_user_ids=list(unnamed) or None,
                user_auth=signs,
            ),
            once=True,
        )
        return str(found["data"]["id"])

    async def delete(self, post_id: str) -> bool:
        """Delete a post of the account."""
        found = await self._ask(lambda c, signs: c.delete_tweet(post_id, user_auth=signs))
        return bool(found["data"]["deleted"])

    async def request(self, method: str, route: str, *, json: Body | None = None, **params: str) -> Body:
        """A request to a route that tweepy has no method for."""

        async def ask(client: AsyncClient, signs: bool) -> Body:
            response = await client.request(method, route, params=params, json=json, user_auth=signs)
            return dict(await response.json() or {})

        return await self._ask(ask)

    async def upload(self, route: str, form: Callable[[], aiohttp.FormData]) -> Body:
        """A form with files, which tweepy can't send."""

        async def ask(client: AsyncClient, signs: bool) -> Body:
            url = f"{HOST}{route}"
            headers = {"Authorization": f"Bearer {client.bearer_token}"}
            if signs:  # OAuth 1.0a signs no multipart body
                x = self._settings
                signer = Signer(x.consumer_key, x.consumer_secret, x.access_token, x.access_secret)
                _, headers, _ = signer.sign(url, "POST")
            return await self._send("POST", url, headers=headers, data=form())

        return await self._ask(ask)

    async def as_app(self, method: str, route: str, *, json: Body | None = None) -> Body:
        """A request with the app's own bearer, as webhooks are managed with."""
        with translated(self.clock):
            granted = await self._send(
                "POST",
                f"{HOST}/oauth2/token",
                headers=_basic(self._settings.consumer_key, self._settings.consumer_secret),
                data={"grant_type": "client_credentials"},
            )
            headers = {"Authorization": f"Bearer {granted['access_token']}"}
            return await self._send(method, f"{HOST}{route}", headers=headers, json=json)

    async def _ask(self, ask: Callable[[AsyncClient, bool], Awaitable[Body]], *, once: bool = False) -> Body:
        """Ask with valid credentials; a token that X refuses is renewed once."""
        with translated(self.clock, once=once):
            self._client.bearer_token = await self._keys.bearer(self._renew)
            try:
                return await ask(self._client, self._keys.signs)
            except tweepy.Unauthorized:
                if self._keys.signs:
                    raise
                self._client.bearer_token = await self._keys.bearer(self._renew, refused=self._client.bearer_token)
                return await ask(self._client, self._keys.signs)

    async def tokens(self, **form: str) -> Body:
        """What X's token endpoint gives for a code or a refresh token. Raises `BadInput` when it doesn't take it."""
        x = self._settings
        headers = _basic(x.client_id, x.client_secret) if x.client_secret else {}
        if not x.client_secret:
            form["client_id"] = x.client_id or ""
        with translated(self.clock):
            url = f"{HOST}/2/oauth2/token"
            return await self._send("POST", url, headers=headers, data=form, timeout=TOKEN_TIMEOUT)

    async def _renew(self, refresh: str) -> Body:
        return await self.tokens(grant_type="refresh_token", refresh_token=refresh)

    async def _send(self, method: str, url: str, **parts: Any) -> Body:
        """A request outside of tweepy, with tweepy's errors."""
        async with self._session.request(method, url, allow_redirects=False, **parts) as response:
            body: Body = await response.json() if response.content_length != 0 else {}
            if response.status == 429:
                reset = response.headers.get("x-rate-limit-reset")
                raise tweepy.TooManyRequests(response, response_json=body, reset_time=int(reset) if reset else None)
            if not 200 <= response.status < 300:
                raise _KINDS.get(response.status, tweepy.HTTPException)(response, response_json=body)
            return body


@asynccontextmanager
async def connected(settings: XSettings, keys: Keys, limits: Limits, clock: Clock) -> AsyncIterator[X]:
    """The account within this block."""

    async def guard(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        route = route_of(request.method, request.url.path)
        limits.check(route)
        request.url = _where(request.url, settings.api_base)
        response = await handler(request)
        limits.learn(route, response.status, response.headers)
        return response

    async with aiohttp.ClientSession(middlewares=(guard,), timeout=TIMEOUT) as session:
        yield X(settings, keys, session, limits, clock)


@contextmanager
def translated(clock: Clock, *, once: bool = False) -> Iterator[None]:
    """Other libraries' errors as ours.

    Args:
        once: what is asked must not be done twice, so no answer is `Unsure` instead of `Unavailable`.

    Raises:
        Unavailable: X is away, or asks to wait (`retry_after_s`).
        NotAllowed, NotFound, BadInput: X refuses; `Conflict`: it has been posted before.
        Unsure: see `once`.
    """
    try:
        yield
    except tweepy.TooManyRequests as error:
        wait_s = (error.reset_time or 0) - clock.now().timestamp()
        raise exhausted(wait_s if error.reset_time else 60.0) from error
    except tweepy.HTTPException as error:
        if once and error.response.status >= 500:
            raise Unsure from error
        raise _ours(error) from error
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
        if once and not isinstance(error, aiohttp.ClientConnectorError):
            raise Unsure from error
        raise Unavailable(text("X can't be reached now.")) from error


def _ours(error: tweepy.HTTPException) -> ClipNetError:
    said = "; ".join(str(message) for message in error.api_messages)[:200]
    match error.response.status:
        case 401:
            return NotAllowed(
                text("X refuses ClipNet's credentials."), hint=text("Renew the keys of the bot's account.")
            )
        case 402:
            return Unavailable(
                text("The bot's app on X has no credits left."),
                hint=text("Buy credits for it in X's developer portal."),
                retry_after_s=PAID_S,
            )
        case 403 if "duplicate" in said.lower():
            return Conflict(text("X doesn't accept the same text twice."))
        case 403 if "deleted or not visible" in said.lower():
            return NotFound(text("The post is gone, or its author hides it from ClipNet."))
        case 403:
            return NotAllowed(text("X doesn't allow that: {said}", said=said or "403"))
        case 404:
            return NotFound(text("X knows no such post or account."))
        case status if status >= 500:
            return Unavailable(text("X isn't working right now."))
    return BadInput(text("X can't use that: {said}", said=said or str(error.response.status)))


_KINDS: Final = {
    400: tweepy.BadRequest,
    401: tweepy.Unauthorized,
    403: tweepy.Forbidden,
    404: tweepy.NotFound,
}


def _basic(user: str | None, password: str | None) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(user or "", password or "")}


def _where(url: URL, api_base: str) -> URL:
    """X's own hosts as they are, so that a signature fits its host; another base (a proxy, one on loopback) wins."""
    base = URL(api_base)
    if base.host in HOSTS or url.host not in HOSTS:
        return url
    return url.with_scheme(base.scheme).with_host(base.host or "").with_port(base.port)
