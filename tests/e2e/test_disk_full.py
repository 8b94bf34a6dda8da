"""A full disk ends a request with one sentence, leaves no half of anything, and the worker goes on."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.samples import Samples
from tests.e2e.stack import Installation, Stack, installed
from tests.e2e.test_bad_input import refused

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root may make a small file system here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def installation(tmp_path: Path, small_disk: Path) -> Iterator[Installation]:
    """An installation whose store lies on the small file system."""
    with installed(tmp_path / "state", {"STORAGE_ROOT": str(small_disk / "store")}) as found:
        yield found


async def test_a_full_disk_is_told_and_nothing_half_stays(stack: Stack, samples: Samples) -> None:
    big = samples.video("big.mp4", size="1280x720", filters="noise=alls=80:allf=t", quality=12)
    assert big.stat().st_size > 2_000_000

    await refused(stack, str(big), "disk|space")

    assert stack.installation.worker.poll() is None, stack.installation.last_words()
