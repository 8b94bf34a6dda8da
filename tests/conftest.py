"""Real servers for tests: one PostgreSQL cluster and one Redis-protocol server a session, a fresh database a test."""

import asyncio
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple

import asyncpg
import pytest
import redis
from hypothesis import HealthCheck
from hypothesis import settings as example_settings

from clipnet.embedded.postgres import PostgresServer
from clipnet.embedded.roles import ROLES, account, create_database, provision
from clipnet.embedded.valkey import ValkeyServer
from clipnet.settings import Settings, load_settings
from db.migrate import migrate

pytest_plugins = ["pytester", "tests.requirements_plugin"]

# What a run finds depends on the code alone, neither on the dice nor on how busy the machine is.
example_settings.register_profile(
    "house", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
example_settings.load_profile("house")

REPOSITORY = Path(__file__).parents[1]
_numbers = count(1)


@pytest.fixture(autouse=True)
def _nothing_beats_on() -> Iterator[None]:
    """No connection to Discord outlives its test: the thread that beats for it would fail a later one."""
    yield
    beating = [each for each in threading.enumerate() if each.name.startswith("keep-alive-handler")]
    for each in beating:
        each.join(20)  # one that was told to end may not have had its turn yet
    assert [each.name for each in beating if each.is_alive()] == []


class Cluster(NamedTuple):
    """The session's PostgreSQL and the passwords of its accounts by role."""

    server: PostgresServer
    passwords: dict[str, str]

    def url(self, role: str, database: str) -> str:
        """Connection URL of one account on one database."""
        return self.server.url(account(role), self.passwords[role], database)


@dataclass(frozen=True, slots=True)
class Database:
    """A migrated database of one test."""

    cluster: Cluster
    name: str

    def url(self, role: str = "owner") -> str:
        """Connection URL for `owner`, `api`, `worker` or `read`."""
        return self.cluster.url(role, self.name)

    @property
    def superuser_url(self) -> str:
        """For tests that play the database's administrator."""
        return self.cluster.server.url(database=self.name)


@pytest.fixture(scope="session")
def pg_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One cluster for the session, without fsync."""
    passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
    server = PostgresServer(tmp_path_factory.mktemp("postgres"), password=secrets.token_urlsafe(12), durable=False)
    server.start()
    try:
        asyncio.run(provision(server.url(), passwords))
        yield Cluster(server, passwords)
    finally:
        server.stop()


async def _make(cluster: Cluster, name: str, template: str) -> None:
    connection = await asyncpg.connect(cluster.server.url())
    try:
        await create_database(connection, name, template=template)
    finally:
        await connection.close()


async def _drop(cluster: Cluster, name: str) -> None:
    connection = await asyncpg.connect(cluster.server.url())
    try:
        # FORCE waits for nobody longer than five seconds; a machine that has much else to do takes its time.
        await connection.fetch("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = $1", name)
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def template_database(pg_cluster: Cluster) -> str:
    """Name of a migrated database that tests are copied from."""
    name = "clipnet_template"
    asyncio.run(_make(pg_cluster, name, "template0"))
    asyncio.run(migrate(pg_cluster.url("owner", name), "test"))
    return name


@pytest.fixture
def database(pg_cluster: Cluster, template_database: str) -> Iterator[Database]:
    """A fresh, migrated database for one test."""
    name = f"test_{next(_numbers)}"
    asyncio.run(_make(pg_cluster, name, template_database))
    yield Database(pg_cluster, name)
    asyncio.run(_drop(pg_cluster, name))


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """The session's Redis-protocol server."""
    server = ValkeyServer(tmp_path_factory.mktemp("valkey"), password=secrets.token_urlsafe(12), durable=False)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def redis_url(valkey: ValkeyServer) -> str:
    """URL of a Redis that is empty at the start of the test."""
    url = valkey.url()
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return url


@pytest.fixture
def environ(database: Database, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """The variables of a whole test environment on the session's servers, as the worker's account."""
    return {
        "ENV": "test",
        "CLIPNET_ROLE": "worker",
        "CLIPNET_STATE_DIR": str(tmp_path / "state"),
        "DATABASE_URL": database.url("worker"),
        "DATABASE_OWNER_URL": database.url("owner"),
        "REDIS_URL": redis_url,
        "API_BASE_URL": "http://127.0.0.1",
        "API_WRITE_TOKEN": secrets.token_urlsafe(32),
        "WEB_PORT": "0",
    }


@pytest.fixture
def settings(environ: dict[str, str], tmp_path: Path) -> Settings:
    """Settings of a test environment: fresh database, empty Redis, state in a folder of the test's own."""
    return load_settings(environ, folder=tmp_path)


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of real media (CLIPNET_MEDIA, else `shared/media` beside the checkout), or skip."""
    given = os.environ.get("CLIPNET_MEDIA")
    places = [Path(given)] if given else [parent / "shared" / "media" for parent in REPOSITORY.parents]
    for place in places:
        if place.is_dir():
            return place
    pytest.skip("no folder of real media: set CLIPNET_MEDIA")


@pytest.fixture
def clips_dir(tmp_path: Path) -> Path:
    """An empty folder for finished clips."""
    folder = tmp_path / "clips"
    folder.mkdir()
    return folder
