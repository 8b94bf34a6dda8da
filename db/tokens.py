"""Tokens that people, and the bot's own accounts, gave us: kept sealed, each bound to its row."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Pool, Record

from clipnet.crypto import KeyRing, Sealed
from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Whose token it is: our user, the platform, what for (`bot`, `broadcaster`, `post`), the platform's account."""

    user_id: int
    provider: str
    purpose: str
    account_id: str

    @property
    def bound(self) -> str:
        """What the seal is bound to."""
        return json.dumps([self.user_id, self.provider, self.purpose, self.account_id])


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """An opened token. `revision` rises with each change, so that of two who refresh only one can win."""

    key: TokenKey
    access: str
    refresh: str | None
    scopes: tuple[str, ...]
    expires_at: datetime | None
    revision: int

    def __repr__(self) -> str:
        return f"Token({self.key}, revision={self.revision})"


_SELECT = """
select user_id, provider, purpose, account_id, scopes, key_id, nonce, ciphertext, expires_at, revision
from oauth_tokens
"""


async def put(
    conn: Executor,
    ring: KeyRing,
    key: TokenKey,
    *,
    access: str,
    refresh: str | None,
    scopes: Sequence[str],
    expires_at: datetime | None,
    was: int | None = None,
) -> bool:
    """Keep a token. With `was` only if the row still has that revision; False when somebody else was first."""
    sealed = ring.seal(json.dumps({"access": access, "refresh": refresh}).encode(), bound=key.bound)
    tag: str = await conn.execute(
        """
        insert into oauth_tokens as t
          (user_id, provider, purpose, account_id, scopes, key_id, nonce, ciphertext, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (user_id, provider, purpose, account_id) do update
          set scopes = excluded.scopes, key_id = excluded.key_id, nonce = excluded.nonce,
              ciphertext = excluded.ciphertext, expires_at = excluded.expires_at,
              revision = t.revision + 1, updated_at = now()
          where $10::int is null or t.revision = $10
        """,
        key.user_id,
        key.provider,
        key.purpose,
        key.account_id,
        list(scopes),
        sealed.key_id,
        sealed.nonce,
        sealed.ciphertext,
        expires_at,
        was,
    )
    return tag.endswith(" 1")


async def get(conn: Reader, ring: KeyRing, key: TokenKey) -> Token | None:
    """The token of that key, opened. Raises `CannotOpen`."""
    row = await conn.fetchrow(
        _SELECT + "where user_id = $1 and provider = $2 and purpose = $3 and account_id = $4",
        key.user_id,
        key.provider,
        key.purpose,
        key.account_id,
    )
    return _open(row, ring) if row else None


async def lock(conn: Executor, ring: KeyRing, key: TokenKey) -> Token | None:
    """The token, held until the end of the transaction: who refreshes it does so alone. Raises `CannotOpen`."""
    row = await conn.fetchrow(
        _SELECT + "where user_id = $1 and provider = $2 and purpose = $3 and account_id = $4 for update",
        key.user_id,
        key.provider,
        key.purpose,
        key.account_id,
    )
    return _open(row, ring) if row else None


@asynccontextmanager
async def alone(pool: Pool, key: TokenKey) -> AsyncIterator[Executor]:
    """A connection on which this process alone, of all, is busy with a token, and which is in no transaction.

    So the platform may take its time, and what it gave is kept by a single statement.
    """
    async with pool.acquire() as conn:
        try:
            await conn.execute("select pg_advisory_lock(hashtextextended($1, 13))", key.bound)
            yield conn
        finally:
            try:
                await conn.execute("select pg_advisory_unlock(hashtextextended($1, 13))", key.bound)
            except BaseException:
                conn.terminate()  # the lock ends with the connection
                raise


async def of_provider(conn: Reader, ring: KeyRing, provider: str, purpose: str | None = None) -> list[Token]:
    """Every token for a platform, the longest kept first. Raises `CannotOpen`."""
    rows = await conn.fetch(
        _SELECT + "where provider = $1 and ($2::text is null or purpose = $2) order by user_id, purpose, account_id",
        provider,
        purpose,
    )
    return [_open(row, ring) for row in rows]


async def forget(conn: Executor, key: TokenKey) -> bool:
    """Throw a token away; False when there was none."""
    tag: str = await conn.execute(
        "delete from oauth_tokens where user_id = $1 and provider = $2 and purpose = $3 and account_id = $4",
        key.user_id,
        key.provider,
        key.purpose,
        key.account_id,
    )
    return tag.endswith(" 1")


async def forget_others(conn: Executor, key: TokenKey) -> None:
    """Throw away what else is kept for the same purpose on the same platform, whoever gave it."""
    await conn.execute(
        """
        delete from oauth_tokens
        where provider = $2 and purpose = $3 and (user_id, account_id) is distinct from ($1, $4)
        """,
        key.user_id,
        key.provider,
        key.purpose,
        key.account_id,
    )


async def reseal(conn: Executor, ring: KeyRing, *, limit: int = 100) -> int:
    """Seal up to `limit` tokens anew that an older key sealed; returns how many. Call until it returns 0."""
    rows = await conn.fetch(
        _SELECT + "where key_id <> $1 order by user_id limit $2 for update skip locked", ring.newest, limit
    )
    for row in rows:
        token = _open(row, ring)
        await put(
            conn,
            ring,
            token.key,
            access=token.access,
            refresh=token.refresh,
            scopes=token.scopes,
            expires_at=token.expires_at,
        )
    return len(rows)


def _open(row: Record, ring: KeyRing) -> Token:
    key = TokenKey(row["user_id"], row["provider"], row["purpose"], row["account_id"])
    plain = json.loads(ring.open(Sealed(row["key_id"], row["nonce"], row["ciphertext"]), bound=key.bound))
    return Token(key, plain["access"], plain["refresh"], tuple(row["scopes"]), row["expires_at"], row["revision"])
