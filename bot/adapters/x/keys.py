"""With which credentials the bot's account acts: OAuth 1.0a by settings, or an OAuth 2 token that we keep and renew."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

from asyncpg import Pool
from loguru import logger

from clipnet.clock import Clock
from clipnet.crypto import CannotOpen, KeyRing, read_key_ring
from clipnet.ending import whole
from clipnet.errors import BadInput, Misconfigured, NotAllowed
from clipnet.platform_settings import AdapterSettings, XSettings
from clipnet.texts import text
from db import tokens
from db.pool import DATABASE_ERRORS, Executor
from db.tokens import Token

PROVIDER: Final = "x"
PURPOSE: Final = "bot"
AHEAD: Final = timedelta(minutes=5)
"""How long before its end a token is renewed."""
LIFE_S: Final = 7200.0
"""How long a token holds where X doesn't say."""
SCOPES: Final = ("tweet.read", "users.read", "tweet.write", "media.write", "offline.access")

Renew = Callable[[str], Awaitable[dict[str, Any]]]
"""A refresh token to the answer of X's token endpoint."""


class NotConnected(NotAllowed):
    """X refuses what the bot's account signed in with; a person has to sign in again.

    `mark` names the token that was refused: another one has another.
    """

    def __init__(self, token: Token) -> None:
        super().__init__(
            text("X takes the sign-in of the bot's account no longer."),
            hint=text("Say “clipnet setup --again x” where ClipNet runs, and sign in as the bot's account."),
        )
        self.account_id = token.key.account_id
        self.mark = mark_of(token)


class Accounts(Protocol):
    """As much of the settings as credentials take."""

    @property
    def x(self) -> XSettings:
        """X's own settings."""
        ...

    @property
    def adapters(self) -> AdapterSettings:
        """What seals tokens."""
        ...


class Keys(Protocol):
    """What requests are signed with.

    Attributes:
        signs: whether by OAuth 1.0a; else by a bearer token. tweepy has to be told with every request.
    """

    signs: bool

    async def bearer(self, renew: Renew, *, refused: str | None = None) -> str | None:
        """The OAuth 2 token, renewed when it ends soon or when X `refused` this very one; None for OAuth 1.0a.

        Raises:
            NotConnected: the account has to sign in again.
        """
        ...


class Signing:
    """OAuth 1.0a: the four secrets of the settings."""

    signs = True

    async def bearer(self, renew: Renew, *, refused: str | None = None) -> str | None:  # noqa: ARG002
        """None: there is nothing to renew."""
        return None


@dataclass(slots=True, repr=False)
class Given:
    """A token that X has just given, and that is kept nowhere yet."""

    access: str
    signs: bool = False

    async def bearer(self, renew: Renew, *, refused: str | None = None) -> str | None:  # noqa: ARG002
        """The token as it is."""
        return self.access


@dataclass(slots=True)
class Kept:
    """OAuth 2: a token of ours, sealed in the ledger.

    Its refresh token works once. So one process of all renews, nothing cancels it between X's answer and the ledger,
    and a pair that the ledger doesn't take is held until it does. What is left is a process that dies in that moment,
    or an answer that is lost on its way: then X refuses, and a person signs in again.
    """

    pool: Pool
    ring: KeyRing
    clock: Clock
    token: Token
    signs: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _unkept: tuple[int, dict[str, Any]] | None = None
    _refused: int | None = None

    async def bearer(self, renew: Renew, *, refused: str | None = None) -> str | None:
        """See `Keys`."""
        async with self._turn:
            if refused == self.token.access or self._ends_soon(self.token):
                self.token = await whole(self._renewed(renew, self.token))
            return self.token.access

    async def _renewed(self, renew: Renew, seen: Token) -> Token:
        async with tokens.alone(self.pool, seen.key) as conn:
            held = await tokens.get(conn, self.ring, seen.key)
            if held is None or held.refresh is None:
                raise NotConnected(held or seen)
            if held.revision != seen.revision and not self._ends_soon(held):
                return held  # somebody else was first
            if self._refused == held.revision:
                raise NotConnected(held)
            try:
                await self._keep(conn, held, await self._asked(renew, held))
            except DATABASE_ERRORS:
                logger.error("what X gave can't be kept now; it is held in memory until it can be")
                raise
            found = await tokens.get(conn, self.ring, held.key)
            assert found is not None
            return found

    async def _asked(self, renew: Renew, held: Token) -> dict[str, Any]:
        """A new pair: one that was not kept the last time, else X's."""
        if self._unkept is not None and self._unkept[0] == held.revision:
            return self._unkept[1]
        assert held.refresh is not None
        try:
            fresh = await renew(held.refresh)
        except BadInput:
            self._refused = held.revision
            raise NotConnected(held) from None
        self._unkept = (held.revision, fresh)
        return fresh

    async def _keep(self, conn: Executor, held: Token, fresh: dict[str, Any]) -> None:
        await tokens.put(
            conn,
            self.ring,
            held.key,
            access=str(fresh["access_token"]),
            refresh=str(fresh.get("refresh_token") or held.refresh),
            scopes=granted(fresh, held.scopes),
            expires_at=self.clock.now() + life(fresh),
            was=held.revision,
        )
        self._unkept = None

    def _ends_soon(self, token: Token) -> bool:
        return token.expires_at is not None and token.expires_at - self.clock.now() < AHEAD


def mark_of(token: Token) -> str:
    """A name for a token that says nothing of it."""
    return f"{token.key.account_id}:{token.revision}"


def granted(fresh: dict[str, Any], asked: tuple[str, ...] = SCOPES) -> tuple[str, ...]:
    """The rights that X says a token has; those asked for where it says nothing."""
    return tuple(str(fresh.get("scope") or "").split()) or asked


def life(fresh: dict[str, Any]) -> timedelta:
    """How long a token holds."""
    return timedelta(seconds=float(fresh.get("expires_in") or LIFE_S))


def lacking(settings: "Accounts") -> str:
    """What has to be set before ClipNet can act on X; empty when there may be enough."""
    x = settings.x
    if signing(x) or (x.client_id and settings.adapters.token_keys):
        return ""
    return "X_CONSUMER_KEY, X_CONSUMER_SECRET, X_ACCESS_TOKEN and X_ACCESS_SECRET, or X_CLIENT_ID, are not set"


async def find(settings: "Accounts", pool: Pool, clock: Clock) -> Keys:
    """The credentials of the bot's account; the four keys go first. Raises `Misconfigured` when there are none."""
    if signing(settings.x):
        return Signing()
    if settings.x.client_id and settings.adapters.token_keys:
        ring = read_key_ring(settings.adapters.token_keys)
        try:
            found = await tokens.of_provider(pool, ring, PROVIDER, PURPOSE)
        except CannotOpen:
            raise Misconfigured(
                text("The token of the bot's account on X can't be opened."),
                hint=text("TOKEN_KEYS lacks the key that sealed it: put it back, or sign in again."),
            ) from None
        if found:
            return Kept(pool, ring, clock, found[0])
        raise Misconfigured(
            text("Nobody has signed in with X as the bot's account."),
            hint=text("Say “clipnet setup --again x” where ClipNet runs."),
        )
    raise Misconfigured(lacking(settings))


def signing(x: XSettings) -> bool:
    """Whether the four keys of OAuth 1.0a are set."""
    return bool(x.consumer_key and x.consumer_secret and x.access_token and x.access_secret)
