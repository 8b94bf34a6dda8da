"""A short soak: random faults under a flow of requests."""

from pathlib import Path

import pytest

from tests.faults.soak import soak


@pytest.mark.req("R-073", "positive")
@pytest.mark.timeout(400)
async def test_a_short_soak_breaks_nothing(tmp_path: Path) -> None:
    counts, broken = await soak(tmp_path, kills=8, seconds=10, seed=7)
    assert broken == []
    assert counts["reruns"] > 0
    assert counts["effects"] == 2 * counts["request"]
