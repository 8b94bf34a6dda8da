"""`say` beside a running ClipNet: it waits, it confirms, its exit status tells."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clipnet import carriers

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[3]
PATIENCE_S = 200.0


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables of a terminal beside a running `up`."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    home = tmp_path_factory.mktemp("talking") / "state"
    environ = {**kept, "CLIPNET_STATE_DIR": str(home), "ENV": "dev", "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    up = subprocess.Popen(
        [sys.executable, "-m", "clipnet", "up", "--port", "0"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert up.stdout is not None
    assert up.stdout.readline().startswith("ClipNet ")
    yield environ
    up.send_signal(signal.SIGTERM)
    up.communicate()


def say(variables: dict[str, str], *words: str) -> tuple[int, str]:
    argv = [sys.executable, "-m", "clipnet", "say", *words]
    done = subprocess.run(argv, env=variables, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    return done.returncode, done.stdout


def test_say_waits_for_the_end_and_confirms_when_told_to(variables: dict[str, str], tmp_path: Path) -> None:
    bikes = str(carriers.demo_footage()["bikes"])
    status, out = say(variables, "--json", "--wait", "clip", bikes, "--length", "5", "--no-captions")
    view = json.loads(out.splitlines()[-1])
    assert (status, view["state"]) == (0, "done"), out
    (clip,) = view["clips"]

    status, out = say(variables, "delete", clip["id"])
    assert "Confirm within" in out
    status, out = say(variables, "--json", "--yes", "delete", clip["id"])
    assert (status, json.loads(out)["data"]["state"]) == (0, "deleted")

    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all " * 100)
    status, out = say(variables, "--wait", "clip", str(broken))
    assert status == 1
    assert "failed" in out
    assert say(variables, "show", clip["id"])[0] == 1
