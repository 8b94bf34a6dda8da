"""The fixtures that other tests stand on."""

from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from clipnet.settings import Settings
from tests.conftest import Database


async def test_a_database_of_its_own_and_an_empty_redis(database: Database, redis_url: str) -> None:
    connection = await asyncpg.connect(database.url("owner"))
    assert await connection.fetchval("SELECT current_user") == "clipnet_owner"
    await connection.close()
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0


async def test_a_stranger_may_not_enter(database: Database) -> None:
    administrator = await asyncpg.connect(database.superuser_url)
    await administrator.execute("CREATE ROLE stranger LOGIN PASSWORD 'x'")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(database.cluster.server.url("stranger", "x", database.name))
    finally:
        await administrator.execute("DROP ROLE stranger")
        await administrator.close()


def test_settings_point_to_the_tests_own_servers(settings: Settings, database: Database, redis_url: str) -> None:
    assert (settings.database.url, settings.redis.url) == (database.url("worker"), redis_url)
    assert settings.redis.prefix == "clipnet:test:"


def test_media_is_a_folder(media: Path) -> None:
    assert media.is_dir()
