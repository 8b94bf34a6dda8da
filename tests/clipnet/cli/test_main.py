"""The command line's own behaviour: verbs, exit statuses, and a quick start."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from clipnet.__main__ import main
from clipnet.cli.verbs import VERBS

ROOT = Path(__file__).parents[3]


def test_alone_it_lists_its_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in VERBS)


def test_an_unknown_verb_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance"]) == 64
    assert "no verb 'dance'" in capsys.readouterr().err


def test_every_verb_has_its_module() -> None:
    assert [name for name, verb in VERBS.items() if find_spec(verb.module) is None] == []


def test_listing_imports_no_heavy_library() -> None:
    program = "import sys; from clipnet.__main__ import main; main([]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"pydantic", "redis", "asyncpg", "numpy"}.isdisjoint(done.stdout.split())


def test_an_unknown_role_ends_with_64(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CLIPNET_ROLE", "spectator")
    assert main(["serve"]) == 64
    assert "api, worker" in capsys.readouterr().err
