"""One installation for the whole session; each test talks to it afresh."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from db import markers
from tests.conftest import Database
from tests.e2e import platforms
from tests.e2e.platforms import Town
from tests.e2e.samples import Samples
from tests.e2e.site import Site, serving
from tests.e2e.stack import Installation, Stack, installed, talking_to

LIMITS = {"MEDIA_MAX_BYTES": "30000000", "MEDIA_MAX_DURATION_S": "60", "WHISPER_LANGUAGE": "en"}


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    return Samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """A site that the downloader may ask."""
    with serving() as served:
        yield served


@pytest.fixture(scope="session")
def internal() -> Iterator[Site]:
    """A site inside our walls; whatever it is asked is a leak."""
    with serving() as served:
        yield served


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[Installation]:
    folder: Path = tmp_path_factory.mktemp("installation") / "state"
    with installed(folder, {**LIMITS, "NET_ALLOW": site.address}) as found:
        yield found


@pytest.fixture
async def stack(installation: Installation) -> AsyncIterator[Stack]:
    assert installation.worker.poll() is None, installation.last_words()
    async with talking_to(installation) as found:
        yield found


@pytest.fixture
def more() -> dict[str, str]:
    """Further variables of the town's processes."""
    return {}


@pytest.fixture
async def town(
    environ: dict[str, str], database: Database, tmp_path: Path, site: Site, more: dict[str, str]
) -> AsyncIterator[Town]:
    """The platforms, a community, and an api and a worker that are not started yet."""
    urls = {"api": database.url("api"), "worker": database.url("worker"), "owner": database.superuser_url}
    owner = await asyncpg.connect(database.url("owner"))
    await markers.write(owner, "test")
    await owner.close()
    async with platforms.town(environ | {"NET_ALLOW": site.address}, urls, tmp_path, **more) as found:
        yield found
    found.assert_ended_well()


@pytest.fixture(scope="session")
def talk(samples: Samples) -> Path:
    """Eight seconds of a moving picture with a tone."""
    return samples.video("talk.mp4", length_s=8)
