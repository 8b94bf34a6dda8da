"""The tokens of Twitch's accounts: kept sealed, refreshed by one process at a time, and stored before they are used."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import asyncpg
import twitchio
from loguru import logger

from clipnet.clock import Clock
from clipnet.crypto import CannotOpen, KeyRing
from clipnet.errors import Misconfigured
from clipnet.texts import text
from db import tokens
from db.pool import DATABASE_ERRORS, transaction
from db.tokens import Token, TokenKey

PROVIDER: Final = "twitch"
BOT: Final = "bot"
BROADCASTER: Final = "broadcaster"
REFRESH_S: Final = 8.0
"""Seconds for a refresh, during which its row is held."""


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    """What a refresh yields; `expires_in` in seconds."""

    access: str
    refresh: str
    scopes: Sequence[str]
    expires_in: int

    def shown(self) -> dict[str, Any]:
        """As Twitch answers it."""
        return {
            "access_token": self.access,
            "refresh_token": self.refresh,
            "scope": list(self.scopes),
            "expires_in": self.expires_in,
            "token_type": "bearer",
        }


Ask = Callable[[str], Awaitable[Pair]]


class Keeper:
    """The tokens of one process, all of them also in the ledger.

    Attributes:
        troubles: by account, why its token can't be used; it takes a person to consent anew.
    """

    def __init__(self, pool: asyncpg.Pool, ring: KeyRing, clock: Clock, *, bot_id: str) -> None:
        self._pool = pool
        self._ring = ring
        self._clock = clock
        self._bot_id = bot_id
        self._known: dict[str, Token] = {}
        self._unsaved: dict[TokenKey, tuple[Pair, int]] = {}
        self.troubles: dict[str, str] = {}

    async def load(self) -> dict[str, Token]:
        """The token to use for each account. Raises `Misconfigured` when the key ring can't open one."""
        await self._save_again()
        try:
            found = await tokens.of_provider(self._pool, self._ring, PROVIDER)
        except CannotOpen:
            raise Misconfigured(
                text("A token of Twitch can't be opened."),
                hint=text("TOKEN_KEYS lacks the key that sealed it: put it back."),
            ) from None
        usable = [token for token in found if token.refresh and token.key.purpose in (BOT, BROADCASTER)]
        usable.sort(key=self._rank)
        known = {token.key.account_id: token for token in usable}
        for account, token in known.items():
            before = self._known.get(account)
            if before is None or (before.key, before.revision) != (token.key, token.revision):
                self.troubles.pop(account, None)
        for account in set(self.troubles) - set(known):
            del self.troubles[account]
        self._known = known
        return known

    def has(self, account: str, scope: str) -> bool:
        """Whether an account consented to a scope, and its token works."""
        token = self._known.get(account)
        return token is not None and scope in token.scopes and account not in self.troubles

    def consented(self, account: str) -> bool:
        """Whether an account's token works, whatever it is for."""
        return account in self._known and account not in self.troubles

    def episode(self, account: str) -> str:
        """Names the consent that an account gave last, and so the time that it is gone for."""
        token = self._known.get(account)
        return f"{token.key.user_id}-{token.revision}" if token is not None else ""

    def trouble(self, account: str) -> None:
        """Note that a person has to consent anew for this account."""
        if account not in self.troubles:
            logger.warning("a consent on Twitch has to be given anew", account=account)
        purpose = BOT if account == self._bot_id else BROADCASTER
        self.troubles[account] = f"account {account} has to consent anew: connect twitch --as {purpose}"

    async def refreshed(self, refresh: str, ask: Ask) -> dict[str, Any]:
        """A fresh pair for that refresh token: another process's if it was faster, else Twitch's, stored first.

        Raises:
            twitchio.HTTPException: 4xx when it takes a new consent, 5xx when another try may help.
        """
        key = next((token.key for token in self._known.values() if token.refresh == refresh), None)
        if key is None:
            raise _refused("the token is gone")
        pair: Pair | None = None
        revision = 0
        try:
            async with transaction(self._pool) as conn:
                kept = await tokens.lock(conn, self._ring, key)
                if kept is None or kept.refresh is None:
                    raise _refused("the token is gone")
                if kept.refresh != refresh:
                    self._known[key.account_id] = kept
                    return self._pair_of(kept).shown()
                revision = kept.revision
                pair = await self._asked(key.account_id, refresh, ask)
                await self._put(conn, key, pair, revision)
        except CannotOpen:
            raise _refused("the key ring lacks a key") from None
        except DATABASE_ERRORS as error:
            if pair is None:
                raise twitchio.HTTPException("The ledger is away.", status=503, extra="") from error
            # The old refresh token is used up: what replaces it lives in memory until the ledger is back.
            self._unsaved[key] = (pair, revision)
        before = self._known[key.account_id]
        self._known[key.account_id] = Token(
            key, pair.access, pair.refresh, before.scopes, self._ends(pair), before.revision + 1
        )
        return pair.shown()

    def _rank(self, token: Token) -> tuple[bool, float]:
        """Of an account's tokens the last one counts: for what it is for, else the one that was given last."""
        fits = (token.key.purpose == BOT) == (token.key.account_id == self._bot_id)
        return fits, token.expires_at.timestamp() if token.expires_at else 0.0

    async def _asked(self, account: str, refresh: str, ask: Ask) -> Pair:
        try:
            async with asyncio.timeout(REFRESH_S):
                return await ask(refresh)
        except TimeoutError as error:
            raise twitchio.HTTPException("No answer.", status=503, extra="") from error
        except twitchio.HTTPException as error:
            if error.status < 500 and error.status != 429:
                self.trouble(account)
            raise

    async def _save_again(self) -> None:
        for key, (pair, revision) in list(self._unsaved.items()):
            async with transaction(self._pool) as conn:
                await self._put(conn, key, pair, revision)
            del self._unsaved[key]

    async def _put(self, conn: Any, key: TokenKey, pair: Pair, revision: int) -> None:
        await tokens.put(
            conn,
            self._ring,
            key,
            access=pair.access,
            refresh=pair.refresh,
            scopes=pair.scopes,
            expires_at=self._ends(pair),
            was=revision,
        )

    def _ends(self, pair: Pair) -> Any:
        return self._clock.now() + timedelta(seconds=pair.expires_in)

    def _pair_of(self, kept: Token) -> Pair:
        left = (kept.expires_at - self._clock.now()).total_seconds() if kept.expires_at else 0.0
        return Pair(kept.access, kept.refresh or "", kept.scopes, max(0, int(left)))


def _refused(why: str) -> twitchio.HTTPException:
    return twitchio.HTTPException(why, status=400, extra=why)
