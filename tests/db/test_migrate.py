"""Migrations: from empty, from each earlier version with data, and with earlier code on the newest schema."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from clipnet.embedded.roles import create_database
from clipnet.errors import Misconfigured
from db import markers
from db.migrate import current, head, migrate, phase, revisions, schema_hash
from tests.conftest import Cluster

RECORDED = Path(__file__).parent / "recorded"
Fresh = Callable[[str], Awaitable[str]]


@pytest.fixture
async def fresh(pg_cluster: Cluster) -> AsyncIterator[Fresh]:
    """Makes an empty database and returns its owner's URL."""
    admin = await asyncpg.connect(pg_cluster.server.url())
    made: list[str] = []

    async def make(name: str) -> str:
        await create_database(admin, name)
        made.append(name)
        return pg_cluster.url("owner", name)

    yield make
    for name in made:
        await admin.execute(f'drop database "{name}" with (force)')
    await admin.close()


async def _hash(url: str) -> str:
    conn = await asyncpg.connect(url)
    try:
        assert await current(conn) == head()
        return await schema_hash(conn)
    finally:
        await conn.close()


async def _execute(url: str, *files: Path) -> int:
    conn = await asyncpg.connect(url)
    try:
        for file in files:
            await conn.execute(file.read_text())
        jobs: int = await conn.fetchval("select count(*) from jobs")
        return jobs
    finally:
        await conn.close()


def _recorded_up_to(revision: str) -> list[Path]:
    return [RECORDED / f"{each}.sql" for each in revisions() if each <= revision]


@pytest.mark.req("R-078", "positive")
async def test_each_earlier_version_with_data_arrives_at_the_schema_made_from_nothing(fresh: Fresh) -> None:
    nothing = await fresh("migrate_nothing")
    await migrate(nothing, "test")
    for revision in revisions():
        url = await fresh(f"migrate_{revision}")
        assert await migrate(url, "test", to=revision) == revision
        before = await _execute(url, *_recorded_up_to(revision))
        await migrate(url, "test")
        assert await _hash(url) == await _hash(nothing)
        assert await _execute(url) == before


async def test_the_code_of_each_earlier_version_works_on_the_newest_schema(fresh: Fresh) -> None:
    for revision in revisions():
        url = await fresh(f"old_code_{revision}")
        await migrate(url, "test")
        assert await _execute(url, *_recorded_up_to(revision)) > 0


async def test_migrating_twice_changes_nothing(fresh: Fresh) -> None:
    url = await fresh("migrate_twice")
    await migrate(url, "test")
    before = await _hash(url)
    assert await migrate(url, "test") == head()
    assert await _hash(url) == before


async def test_the_hash_sees_a_single_right_that_differs(fresh: Fresh) -> None:
    url = await fresh("migrate_hash")
    await migrate(url, "test")
    before = await _hash(url)
    conn = await asyncpg.connect(url)
    await conn.execute("grant delete on audit to clipnet_api")
    await conn.close()
    assert await _hash(url) != before


async def test_a_database_of_another_environment_is_refused_before_anything_changes(fresh: Fresh) -> None:
    url = await fresh("migrate_foreign")
    await migrate(url, "test", to="0001")
    with pytest.raises(Misconfigured, match="belongs to test, but ENV is staging"):
        await migrate(url, "staging")
    conn = await asyncpg.connect(url)
    assert await current(conn) == "0001"
    with pytest.raises(Misconfigured):
        await markers.write(conn, "staging")
    await conn.close()


def test_every_revision_says_whether_it_expands_or_contracts() -> None:
    assert {phase(revision) for revision in revisions()} <= {"expand", "contract"}
    assert revisions()[0] == "0001"
    assert all((RECORDED / f"{revision}.sql").exists() for revision in revisions())


async def test_accounts_that_were_linked_before_it_was_written_down_can_be_taken_apart(fresh: Fresh) -> None:
    url = await fresh("migrate_linked")
    await migrate(url, "test", to="0007")
    conn = await asyncpg.connect(url)
    try:
        for name in ("ann", "ann_tv", "bob", "bob_tv"):
            await conn.execute(
                """
                with person as (insert into users (display_name) values ($1) returning id)
                insert into identities (platform, platform_user_id, user_id) select 'x', $1, id from person
                """,
                name,
            )
        await conn.execute("update users set created_at = (select min(created_at) from users) where id = 4")
        await conn.execute("update users set merged_into = id - 1 where id in (2, 4)")
        await conn.execute("update identities set user_id = user_id - 1 where user_id in (2, 4)")
        await migrate(url, "test")
        found = await conn.fetch("select platform_user_id, joined_from from identities order by 1")
        assert [tuple(row) for row in found] == [("ann", None), ("ann_tv", 2), ("bob", None), ("bob_tv", None)]
    finally:
        await conn.close()
