"""Crash points kill where asked to, and nowhere else."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clipnet.crashpoints import CrashPoint, armed_for, crash_point

PROGRAM = """
from clipnet.crashpoints import crash_point
first, second = crash_point("a.first"), crash_point("a.second")
for _ in range(3):
    first(); second()
    print("passed", flush=True)
"""


def _run(**environ: str) -> subprocess.CompletedProcess[bytes]:
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=root, env={**os.environ, **environ}, stdout=subprocess.PIPE, check=False
    )


def test_the_named_point_kills_at_the_named_visit() -> None:
    done = _run(ENV="test", CLIPNET_CRASH_AT="a.second:3")
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, b"passed\n" * 2)


@pytest.mark.parametrize("env", ["staging", "production", ""])
def test_nothing_is_armed_where_it_counts(env: str) -> None:
    assert _run(ENV=env, CLIPNET_CRASH_AT="a.first").returncode == 0
    assert armed_for("a.first", {"ENV": env, "CLIPNET_CRASH_AT": "a.first"}) == 0


def test_an_unarmed_point_does_nothing() -> None:
    CrashPoint("b")()


def test_a_name_is_taken_once() -> None:
    crash_point("test.taken")
    with pytest.raises(ValueError, match=r"test\.taken"):
        crash_point("test.taken")
