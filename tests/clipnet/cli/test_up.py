"""`clipnet up` starts everything by itself, and nothing stays when it ends, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from clipnet.cli.up import LONGEST_PAUSE_S, STEADY_S, Backoff
from tests.processes import GONE_S, left_in, processes_of

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[3]


def _up(state_dir: Path, *words: str) -> subprocess.Popen[str]:
    ports = {"PORT", "WEB_PORT"}
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_URL") and name not in ports}
    return subprocess.Popen(
        [sys.executable, "-m", "clipnet", "up", *words],
        cwd=ROOT,
        env={**environ, "CLIPNET_STATE_DIR": str(state_dir), "ENV": "dev"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_comes_up_from_nothing_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    up = _up(tmp_path, "--port", "0")
    assert up.stdout is not None
    first, token = up.stdout.readline(), up.stdout.readline()
    started = [psutil.Process(up.pid), *psutil.Process(up.pid).children(recursive=True), *processes_of(tmp_path)]
    up.send_signal(number)
    _, said = up.communicate()
    _, alive = psutil.wait_procs(set(started), timeout=GONE_S)
    assert first.startswith("ClipNet "), said
    assert len(token.removeprefix("Token of this run: ").strip()) >= 32
    assert left_in(tmp_path) == []
    assert alive == []


def test_two_that_start_at_once_have_an_address_each(tmp_path: Path) -> None:
    both = [_up(tmp_path / name) for name in ("one", "two")]
    try:
        addresses = [up.stdout.readline().split()[-1] for up in both if up.stdout]
        assert len(set(addresses)) == 2
        for address in addresses:
            assert _answers(f"{address}/health/live")
    finally:
        for up in both:
            up.send_signal(signal.SIGTERM)
        for up in both:
            up.communicate()


def _answers(url: str) -> bool:
    """Whether it answers after a while."""
    until = time.monotonic() + GONE_S
    while time.monotonic() < until:
        try:
            with urlopen(url, timeout=2) as response:
                return bool(response.status == 200)
        except OSError:
            time.sleep(0.1)
    return False


def test_the_pause_grows_until_a_life_was_steady() -> None:
    backoff = Backoff()
    pauses = [backoff.next_s(lived_s=0.1) for _ in range(10)]
    assert pauses[:4] == [0.5, 1.0, 2.0, 4.0]
    assert pauses[-1] == LONGEST_PAUSE_S
    assert backoff.next_s(lived_s=STEADY_S) == 0.5
