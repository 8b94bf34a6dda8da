"""Guard 2 for Redis, without the first: the server itself says whose it is."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from clipnet.embedded.valkey import ValkeyServer
from clipnet.errors import Misconfigured
from clipnet.redis_guard import MARKER, check_redis, guarded_connect


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    """A client of an empty Redis."""
    async with Redis.from_url(redis_url) as opened:
        yield opened


@pytest.mark.req("R-104", "positive")
async def test_an_empty_redis_is_claimed_and_known_from_then_on(client: Redis) -> None:
    assert await check_redis(client, "staging") == "claimed"
    assert await check_redis(client, "staging") == "known"


@pytest.mark.req("R-104", "negative")
async def test_a_redis_marked_by_another_environment_is_refused(client: Redis) -> None:
    await client.set(MARKER, "production")
    with pytest.raises(Misconfigured, match="marked production, not staging's"):
        await check_redis(client, "staging")
    assert await client.get(MARKER) == b"production"


@pytest.mark.req("R-104", "negative")
async def test_another_database_index_of_productions_server_is_refused(client: Redis, valkey: ValkeyServer) -> None:
    await client.set(MARKER, "production")
    async with Redis.from_url(valkey.url(5)) as other:
        with pytest.raises(Misconfigured, match="in use by others"):
            await check_redis(other, "staging")
        assert await other.dbsize() == 0


async def test_an_unmarked_redis_with_foreign_keys_is_refused(client: Redis) -> None:
    await client.set("clipnet:production:lane:media", "x")
    with pytest.raises(Misconfigured, match="in use by others"):
        await check_redis(client, "staging")


async def test_after_a_flush_our_own_keys_dont_keep_us_out(client: Redis) -> None:
    await client.set("clipnet:staging:lane:media", "x")
    assert await check_redis(client, "staging") == "claimed"


async def test_an_account_that_may_not_read_the_marker_is_refused(client: Redis, valkey: ValkeyServer) -> None:
    await client.acl_setuser(
        "narrow", enabled=True, passwords=["+pw"], keys=["clipnet:staging:*"], categories=["+@all"]
    )
    try:
        async with Redis.from_url(f"redis://narrow:pw@127.0.0.1:{valkey.port}/0") as narrow:
            with pytest.raises(Misconfigured, match="may not read whose"):
                await check_redis(narrow, "staging")
    finally:
        await client.acl_deluser("narrow")


async def test_every_new_connection_asks_again(client: Redis, redis_url: str) -> None:
    guarded = Redis.from_url(redis_url, redis_connect_func=guarded_connect("staging"))
    try:
        await guarded.set("clipnet:staging:x", "1")
        assert await client.get(MARKER) == b"staging"
        await client.set(MARKER, "production")
        await guarded.connection_pool.disconnect()
        with pytest.raises(Misconfigured, match="marked production, not staging's"):
            await guarded.set("clipnet:staging:y", "2")
        assert await client.get("clipnet:staging:y") is None
    finally:
        await guarded.aclose()
