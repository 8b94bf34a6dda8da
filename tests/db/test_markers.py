"""Guard 2 for PostgreSQL, under settings that the first guard lets pass: the database itself says whose it is."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from clipnet.embedded.roles import create_database
from clipnet.errors import Misconfigured
from db import markers
from db.migrate import migrate
from db.pool import connect, open_pool
from tests.conftest import Cluster

NAME = "marked_staging"


@pytest.fixture
async def staging(pg_cluster: Cluster) -> AsyncIterator[str]:
    """URL of the api's account on a database that belongs to staging."""
    admin = await asyncpg.connect(pg_cluster.server.url())
    await create_database(admin, NAME)
    await migrate(pg_cluster.url("owner", NAME), "staging")
    yield pg_cluster.url("api", NAME)
    await admin.execute(f'drop database "{NAME}" with (force)')
    await admin.close()


@pytest.mark.req("R-103", "positive")
async def test_with_the_right_database_the_start_is_fine_and_its_mark_was_read(staging: str) -> None:
    pool = await open_pool(staging, env="staging")
    found = await pool.fetchval("select installation_id from env_marker where env = 'staging'")
    await pool.close()
    conn = await connect(staging, env="staging", application_name="test")
    assert await markers.check(conn, "staging") == found
    await conn.close()


@pytest.mark.req("R-103", "negative")
@pytest.mark.parametrize("env", ["production", "dev", "test"])
async def test_any_other_environment_gets_no_connection(staging: str, env: str) -> None:
    with pytest.raises(Misconfigured, match=f"belongs to staging, but ENV is {env}"):
        await open_pool(staging, env=env)
