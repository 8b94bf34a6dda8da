"""With which credentials the bot's account acts: OAuth 1.0a by settings, or an OAuth 2 token that we keep and renew."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from asyncpg import Pool

from clipnet.clock import Clock
from clipnet.crypto import KeyRing, read_key_ring
from clipnet.errors import BadInput, Misconfigured, NotAllowed
from clipnet.platform_settings import AdapterSettings, XSettings
from clipnet.texts import text
from db import tokens
from db.tokens import Token

PROVIDER: Final = "x"
PURPOSE: Final = "bot"
AHEAD: Final = timedelta(minutes=5)
"""How long before its end a token is renewed."""
SCOPES: Final = ("tweet.read", "users.read", "tweet.write", "media.write", "offline.access")

Renew = Callable[[str], Awaitable[dict[str, Any]]]
"""A refresh token to the answer of X's token endpoint."""


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
            NotAllowed: the account has to be connected again.
        """
        ...


class Signing:
    """OAuth 1.0a: the four secrets of the settings."""

    signs = True

    async def bearer(self, renew: Renew, *, refused: str | None = None) -> str | None:  # noqa: ARG002
        """None: there is nothing to renew."""
        return None


@dataclass(slots=True)
class Kept:
    """OAuth 2: a token of ours, sealed in the ledger. Its refresh token works once, so one process at a time renews."""

    pool: Pool
    ring: KeyRing
    clock: Clock
    token: Token
    signs: bool = False

    async def bearer(self, renew: Renew, *, refused: str | None = None) -> str | None:
        """See `Keys`."""
        seen = self.token
        if refused == seen.access or self._ends_soon(seen):
            self.token = await self._renewed(renew, seen)
        return self.token.access

    async def _renewed(self, renew: Renew, seen: Token) -> Token:
        async with self.pool.acquire() as conn, conn.transaction():
            held = await tokens.lock(conn, self.ring, self.token.key)
            if held is None or held.refresh is None:
                raise _refused()
            if held.revision != seen.revision and not self._ends_soon(held):
                return held  # somebody else was first
            try:
                fresh = await renew(held.refresh)
            except BadInput:
                raise _refused() from None
            await tokens.put(
                conn,
                self.ring,
                held.key,
                access=str(fresh["access_token"]),
                refresh=str(fresh.get("refresh_token") or held.refresh),
                scopes=str(fresh.get("scope", "")).split() or held.scopes,
                expires_at=self.clock.now() + timedelta(seconds=float(fresh.get("expires_in", 7200))),
                was=held.revision,
            )
            found = await tokens.lock(conn, self.ring, held.key)
            assert found is not None
            return found

    def _ends_soon(self, token: Token) -> bool:
        return token.expires_at is not None and token.expires_at - self.clock.now() < AHEAD


def lacking(settings: "Accounts") -> str:
    """What has to be set before ClipNet can act on X; empty when there may be enough."""
    x = settings.x
    if _signing(x) or (x.client_id and settings.adapters.token_keys):
        return ""
    return "X_CONSUMER_KEY, X_CONSUMER_SECRET, X_ACCESS_TOKEN and X_ACCESS_SECRET, or X_CLIENT_ID, are not set"


async def find(settings: "Accounts", pool: Pool, clock: Clock) -> Keys:
    """The credentials of the bot's account. Raises `Misconfigured` when there are none."""
    if _signing(settings.x):
        return Signing()
    if settings.x.client_id and settings.adapters.token_keys:
        ring = read_key_ring(settings.adapters.token_keys)
        found = await tokens.of_provider(pool, ring, PROVIDER, PURPOSE)
        if found:
            return Kept(pool, ring, clock, found[0])
        raise Misconfigured("No account of X was connected for the bot.", hint="Sign in with X as the bot's account.")
    raise Misconfigured(lacking(settings))


def _signing(x: XSettings) -> bool:
    return bool(x.consumer_key and x.consumer_secret and x.access_token and x.access_secret)


def _refused() -> NotAllowed:
    return NotAllowed(
        text("X refuses ClipNet's credentials."), hint=text("Connect the bot's account again, or renew its keys.")
    )
