"""`./run` before anything is installed: what it lists, and what it refuses in one sentence."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERBS = ("demo", "up", "test", "check", "bench", "soak", "clipnet")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A bare checkout, with a space in its path, that has nothing installed."""
    folder = tmp_path / "clip net"
    folder.mkdir()
    for name in ("run", "requirements.lock", "carriers.lock"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def _run(checkout: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["./run", *words], cwd=checkout, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )


def _interpreter(folder: Path, version: str) -> str:
    """A program that says it is Python of this version, and would fail at all else."""
    program = folder / f"python-{version}"
    program.write_text(f'#!/bin/sh\n[ "$1" = -c ] || exit 9\necho {version}\n')
    program.chmod(0o755)
    return str(program)


def test_alone_it_lists_its_verbs_and_makes_nothing(checkout: Path) -> None:
    done = _run(checkout)
    assert done.returncode == 0
    assert all(f"\n  {verb} " in done.stdout for verb in VERBS)
    assert not (checkout / ".clipnet").exists()


@pytest.mark.parametrize("version", ["3.10.13", "2.7.18", "3.14.0"])
def test_another_python_is_refused_in_one_sentence(checkout: Path, tmp_path: Path, version: str) -> None:
    done = _run(checkout, "demo", PYTHON=_interpreter(tmp_path, version))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("run: ClipNet needs Python 3.11 to 3.13;")
    assert version in done.stderr


def test_a_python_that_is_not_there_is_named(checkout: Path) -> None:
    done = _run(checkout, "clipnet", PYTHON="/nowhere/python3")
    assert (done.returncode, done.stderr) == (1, "run: PYTHON=/nowhere/python3 can't be run.\n")


def test_an_unknown_verb_is_refused(checkout: Path) -> None:
    done = _run(checkout, "dance")
    assert done.returncode != 0
    assert "there is no verb 'dance'" in done.stderr


def test_a_lock_whose_holder_is_gone_doesnt_block(checkout: Path, tmp_path: Path) -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    lock = checkout / ".clipnet" / "install.lock"
    lock.mkdir(parents=True)
    (lock / "pid").write_text(str(gone.pid))
    done = _run(checkout, "clipnet", PYTHON=_interpreter(tmp_path, "3.10.0"))
    assert "ClipNet needs Python" in done.stderr
    assert not lock.exists()


def test_ci_runs_what_people_run() -> None:
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] == 'exec ./run test "$@"'
