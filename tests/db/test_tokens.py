"""Tokens at rest: sealed, bound to their row, safe when two refresh at once, and resealed under a new key."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from clipnet.crypto import CannotOpen, KeyRing, new_key, read_key_ring
from db import markers, tokens, users
from db.pool import open_pool
from db.tokens import TokenKey
from tests.conftest import Database

OLD = new_key("k1")


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    owner = await asyncpg.connect(database.url("owner"))
    await markers.write(owner, "test")
    await owner.close()
    pool = await open_pool(database.url("api"), env="test", max_size=4)
    yield pool
    await pool.close()


@pytest.fixture
def ring() -> KeyRing:
    return read_key_ring(OLD)


async def _person(pool: asyncpg.Pool, name: str) -> TokenKey:
    async with pool.acquire() as conn, conn.transaction():
        user = await users.of_identity(conn, "twitch", name, name)
    return TokenKey(user.id, "twitch", "broadcaster", name)


async def _keep(pool: asyncpg.Pool, ring: KeyRing, key: TokenKey, access: str, was: int | None = None) -> bool:
    async with pool.acquire() as conn:
        return await tokens.put(
            conn, ring, key, access=access, refresh=f"{access}-next", scopes=["chat"], expires_at=None, was=was
        )


async def test_a_token_is_unreadable_at_rest_and_whole_when_opened(
    pool: asyncpg.Pool, ring: KeyRing, database: Database
) -> None:
    key = await _person(pool, "ann")
    await _keep(pool, ring, key, "sesame")
    found = await tokens.get(pool, ring, key)
    assert found is not None
    assert (found.access, found.refresh, found.scopes) == ("sesame", "sesame-next", ("chat",))
    assert "sesame" not in repr(found)
    owner = await asyncpg.connect(database.superuser_url)
    row = await owner.fetchval("select t::text || encode(ciphertext, 'escape') from oauth_tokens t")
    await owner.close()
    assert "sesame" not in row


async def test_a_row_copied_to_another_person_opens_nothing(
    pool: asyncpg.Pool, ring: KeyRing, database: Database
) -> None:
    ann, bob = await _person(pool, "ann"), await _person(pool, "bob")
    await _keep(pool, ring, ann, "sesame")
    owner = await asyncpg.connect(database.superuser_url)
    await owner.execute(
        """
        insert into oauth_tokens (user_id, provider, purpose, account_id, key_id, nonce, ciphertext)
        select $1, provider, purpose, $2, key_id, nonce, ciphertext from oauth_tokens
        """,
        bob.user_id,
        bob.account_id,
    )
    await owner.close()
    with pytest.raises(CannotOpen):
        await tokens.get(pool, ring, bob)


async def test_of_two_who_refresh_at_once_one_wins(pool: asyncpg.Pool, ring: KeyRing) -> None:
    key = await _person(pool, "ann")
    await _keep(pool, ring, key, "first")
    won = await asyncio.gather(*(_keep(pool, ring, key, f"second-{i}", was=1) for i in range(4)))
    found = await tokens.get(pool, ring, key)
    assert found is not None
    assert (won.count(True), found.revision) == (1, 2)
    assert found.access == f"second-{won.index(True)}"


async def test_a_new_key_takes_over_all_rows(pool: asyncpg.Pool, ring: KeyRing) -> None:
    keys = [await _person(pool, name) for name in ("ann", "bob", "cat")]
    for key in keys:
        await _keep(pool, ring, key, f"{key.account_id}-access")
    fresh = new_key("k2")
    both = read_key_ring(f"{fresh},{OLD}")
    async with pool.acquire() as conn:
        resealed: list[int] = []
        while not resealed or resealed[-1]:
            async with conn.transaction():
                resealed.append(await tokens.reseal(conn, both, limit=2))
    assert resealed == [2, 1, 0]
    alone = read_key_ring(fresh)
    assert [t.access for t in await tokens.of_provider(pool, alone, "twitch")] == [
        f"{k.account_id}-access" for k in keys
    ]
