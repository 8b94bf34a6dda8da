"""Durable servers for the faults, and an installation on them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from clipnet.embedded.postgres import PostgresServer
from clipnet.embedded.roles import ROLES, create_database, provision
from clipnet.embedded.valkey import ValkeyServer
from db.migrate import migrate
from tests.conftest import Cluster, Database
from tests.faults.rig import Rig

_numbers = count(1)


@pytest.fixture(scope="session")
def durable_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that survives kill -9: fsync and synchronous commit are on."""
    with durable(tmp_path_factory.mktemp("durable")) as cluster:
        yield cluster


@pytest.fixture
def mortal_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Another one for a test that kills it: recovery looks at every file, so it should have few."""
    with durable(tmp_path_factory.mktemp("mortal")) as cluster:
        yield cluster


@contextmanager
def durable(folder: Path) -> Iterator[Cluster]:
    """A durable cluster for this block, with a database to copy."""
    passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
    server = PostgresServer(folder, password=secrets.token_urlsafe(12))
    server.start()
    try:
        asyncio.run(provision(server.url(), passwords))
        asyncio.run(_template(Cluster(server, passwords)))
        yield Cluster(server, passwords)
    finally:
        server.stop()


@pytest.fixture(scope="session")
def durable_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A Redis-protocol server with an append-only file."""
    server = ValkeyServer(tmp_path_factory.mktemp("durable"), password=secrets.token_urlsafe(12))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def rig(durable_cluster: Cluster, durable_valkey: ValkeyServer, tmp_path: Path) -> AsyncIterator[Rig]:
    """An installation of the test's own; what it started is gone afterwards."""
    async with installed(durable_cluster, durable_valkey, tmp_path) as rig:
        yield rig


@pytest.fixture
async def mortal_rig(mortal_cluster: Cluster, durable_valkey: ValkeyServer, tmp_path: Path) -> AsyncIterator[Rig]:
    """The same on a PostgreSQL that may be killed."""
    async with installed(mortal_cluster, durable_valkey, tmp_path) as rig:
        yield rig


@asynccontextmanager
async def installed(cluster: Cluster, valkey: ValkeyServer, folder: Path) -> AsyncIterator[Rig]:
    """An installation on these servers for this block."""
    name = f"faults_{next(_numbers)}"
    connection = await asyncpg.connect(cluster.server.url())
    await create_database(connection, name, template="faults_template")
    await connection.close()
    async with Rig(Database(cluster, name), valkey, folder) as rig:
        yield rig


async def _template(cluster: Cluster) -> None:
    connection = await asyncpg.connect(cluster.server.url())
    await create_database(connection, "faults_template")
    await connection.close()
    await migrate(cluster.url("owner", "faults_template"), "test")
