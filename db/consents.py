"""Consents that were begun and not yet given, each with the code under which the platform is asked: kept sealed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Pool

from clipnet.crypto import CannotOpen, KeyRing, Sealed
from db.pool import Executor


@dataclass(frozen=True, slots=True, repr=False)
class Begun:
    """Who waits for what, until when; `code` is asked about every `interval_s` seconds."""

    user_id: int
    provider: str
    purpose: str
    community_id: int | None
    code: str
    interval_s: int
    expires_at: datetime


def _bound(user_id: int, provider: str, purpose: str) -> str:
    return json.dumps([user_id, provider, purpose, "waiting"])


async def put(conn: Executor | Pool, ring: KeyRing, begun: Begun) -> int:
    """Keep one, in place of an earlier one of that person for that purpose; returns the row's id."""
    sealed = ring.seal(begun.code.encode(), bound=_bound(begun.user_id, begun.provider, begun.purpose))
    await conn.execute("delete from waiting_consents where expires_at < now()")
    found: int = await conn.fetchval(
        """
        insert into waiting_consents
          (user_id, provider, purpose, community_id, key_id, nonce, ciphertext, interval_s, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (user_id, provider, purpose) do update
          set id = default, community_id = excluded.community_id, key_id = excluded.key_id, nonce = excluded.nonce,
              ciphertext = excluded.ciphertext, interval_s = excluded.interval_s, expires_at = excluded.expires_at
        returning id
        """,
        begun.user_id,
        begun.provider,
        begun.purpose,
        begun.community_id,
        sealed.key_id,
        sealed.nonce,
        sealed.ciphertext,
        begun.interval_s,
        begun.expires_at,
    )
    return found


async def waiting(conn: Executor | Pool, ring: KeyRing, provider: str) -> list[tuple[int, Begun]]:
    """Those of a platform that may still be given, with their ids; without those that the ring can't open."""
    rows = await conn.fetch(
        """
        select id, user_id, provider, purpose, community_id, interval_s, expires_at, key_id, nonce, ciphertext
        from waiting_consents where provider = $1 and expires_at > now() order by id
        """,
        provider,
    )
    found: list[tuple[int, Begun]] = []
    for row in rows:
        begun_id, user_id, _, purpose, community_id, interval_s, expires_at, *sealed = row
        try:
            code = ring.open(Sealed(*sealed), bound=_bound(user_id, provider, purpose)).decode()
        except CannotOpen:
            continue
        found.append((begun_id, Begun(user_id, provider, purpose, community_id, code, interval_s, expires_at)))
    return found


async def purposes(conn: Executor | Pool, user_id: int, provider: str) -> Sequence[str]:
    """What a person's consent is waited for."""
    rows = await conn.fetch(
        "select purpose from waiting_consents where user_id = $1 and provider = $2 and expires_at > now() order by 1",
        user_id,
        provider,
    )
    return [row["purpose"] for row in rows]


async def forget(conn: Executor | Pool, begun_id: int) -> bool:
    """It is waited for no more; False when it wasn't any more."""
    return (await conn.execute("delete from waiting_consents where id = $1", begun_id)).endswith(" 1")


async def drop(conn: Executor | Pool, user_id: int, provider: str, purpose: str | None) -> None:
    """Nothing of a person is waited for any more: for one purpose, or for all (None)."""
    await conn.execute(
        "delete from waiting_consents where user_id = $1 and provider = $2 and ($3::text is null or purpose = $3)",
        user_id,
        provider,
        purpose,
    )
