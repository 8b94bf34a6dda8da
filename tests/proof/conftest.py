"""A small checkout of its own with three requirements, in which the recorder is tried."""

from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = """# Requirements
| id | place | asks | satisfied by | proof | package | status |
| --- | --- | --- | --- | --- | --- | --- |
| R-001 | 000 · 1 | a | b | c | F | open |
| R-002 | 000 · 2 | a | b | c | F | open |
| R-003 | 000 · 3 | a | b | c | F | open |
"""

INI = """
[pytest]
testpaths = suite
addopts = --strict-markers --import-mode=importlib -p no:valkey -p no:cacheprovider -p no:asyncio -p no:hypothesispytest
markers = req(id, case): proves
"""

PROVES_FIRST = """
import pytest

@pytest.mark.req("R-001", "positive")
def test_happens(): pass

@pytest.mark.req("R-001", "negative")
def test_never_happens(): pass
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def checkout(pytester: pytest.Pytester) -> Path:
    """The small checkout, with the recorder loaded as the real one loads it."""
    (pytester.path / "docs").mkdir()
    (pytester.path / "docs" / "requirements.md").write_text(PAGE, encoding="utf-8")
    (pytester.path / "suite").mkdir()
    (pytester.path / "conftest.py").write_text('pytest_plugins = ["tests.requirements_plugin"]\n', encoding="utf-8")
    (pytester.path / "pytest.ini").write_text(INI, encoding="utf-8")
    return pytester.path


@pytest.fixture
def suite(pytester: pytest.Pytester, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a suite of one file in the small checkout."""
    monkeypatch.delenv("CLIPNET_STATE_DIR", raising=False)

    def run(source: str, *args: str) -> pytest.RunResult:
        (checkout / "suite" / "test_one.py").write_text(source, encoding="utf-8")
        # What the outer run left to the garbage collector is not this suite's doing.
        return pytester.runpytest_inprocess("-p", "no:unraisableexception", "-p", "no:threadexception", *args)

    return run
