"""Two sides are run in turn, and a child's processor time counts."""

import os
import sys

import pytest

from bench.measure import Paired, Sample, command, paired, peak_rss_bytes, sample

BURN = "import time\nwhile time.process_time() < 0.1: pass"


async def test_sides_take_turns_after_a_warm_up() -> None:
    turns: list[str] = []

    async def ours() -> None:
        turns.append("ours")

    async def floor() -> None:
        turns.append("floor")

    measured = await paired(ours, floor, rounds=2)

    assert turns == ["floor", "ours"] * 3
    assert len(measured.ours) == len(measured.floor) == 2


async def test_a_finished_child_counts_as_processor_time() -> None:
    burnt = await sample(lambda: command(sys.executable, "-c", BURN))

    assert burnt.cpu_s >= 0.1


async def test_a_floor_that_fails_says_why() -> None:
    with pytest.raises(RuntimeError, match="no such option"):
        await command(sys.executable, "-c", "raise SystemExit('no such option')")


def test_ratios_are_those_of_neighbouring_runs() -> None:
    measured = Paired(
        (Sample(2, 1), Sample(20, 10), Sample(3, 3)), (Sample(1, 1), Sample(10, 1), Sample(3, 1)), load=0.0
    )

    assert measured.wall_ratio == 2
    assert measured.cpu_ratio == 3


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_process_tells_its_peak() -> None:
    assert peak_rss_bytes(os.getpid()) > 1_000_000
