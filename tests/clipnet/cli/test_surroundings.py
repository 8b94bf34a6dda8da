"""The variables of a run: as given, or completed by services of our own; each role gets what it needs."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from clipnet.cli.surroundings import surroundings
from clipnet.errors import Misconfigured
from tests.conftest import Database


async def _marker(url: str) -> tuple[str, str]:
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow("SELECT current_user, env FROM env_marker")
        assert row is not None
        return row["current_user"], row["env"]
    finally:
        await connection.close()


def test_services_of_our_own_are_migrated_marked_and_entered_by_role(tmp_path: Path) -> None:
    with surroundings({"CLIPNET_STATE_DIR": str(tmp_path)}) as found:
        api, worker = found.settings("api"), found.settings("worker")
        assert asyncio.run(_marker(api.database.url)) == ("clipnet_api", "dev")
        assert asyncio.run(_marker(worker.database.url)) == ("clipnet_worker", "dev")
        assert (api.state_dir, api.storage.root) == (tmp_path, tmp_path / "store")
        assert api.web.token is not None
        assert worker.web.token is None
        assert api.database.owner_url is None
    with pytest.raises(OSError, match=r"refused|Connect"):
        asyncio.run(_marker(api.database.url))


def test_a_folder_of_one_environment_is_refused_by_another(tmp_path: Path) -> None:
    with surroundings({"CLIPNET_STATE_DIR": str(tmp_path)}):
        pass
    with pytest.raises(Misconfigured, match="dev"), surroundings({"CLIPNET_STATE_DIR": str(tmp_path), "ENV": "test"}):
        pass


def test_given_services_are_taken_as_they_are(database: Database, redis_url: str, tmp_path: Path) -> None:
    given = {"DATABASE_URL": database.url("api"), "REDIS_URL": redis_url, "CLIPNET_STATE_DIR": str(tmp_path)}
    with surroundings({**given, "ENV": "test"}) as found:
        assert not found.embedded
        assert found.settings().database.url == given["DATABASE_URL"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.req("R-017", "negative")
@pytest.mark.parametrize("env", ["staging", "production"])
def test_nothing_is_filled_in_where_it_counts(env: str, tmp_path: Path) -> None:
    values = {"ENV": env, "CLIPNET_STATE_DIR": str(tmp_path)}
    with surroundings(values) as found, pytest.raises(Misconfigured, match="DATABASE_URL is not set; REDIS_URL is not"):
        found.settings()
    assert list(tmp_path.iterdir()) == []
