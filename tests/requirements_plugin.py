"""Keeps the record of which requirements a whole test run proved.

A test says what it proves by `@pytest.mark.req("R-050", "positive")`. A name or case that doesn't exist stops the run
before the first test. A run of everything records what passed, and fails when a row that has passed before no longer
does; a run of a part judges nothing and leaves the record alone.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.requirements_catalogue import CASES, Catalogue
from tests.requirements_record import Case, Record, record_path

PROPERTY = "req"
"""Under this name a test's report says what it proves, so that it is known in whichever process it ran."""
_PART_OPTIONS = ("keyword", "markexpr", "deselect", "ignore", "ignore_glob", "lf", "stepwise", "collectonly")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(RequirementsRecorder(config), "requirements-recorder")


class RequirementsRecorder:
    """Watches one run."""

    def __init__(self, config: pytest.Config) -> None:
        self._catalogue = Catalogue.of(config.rootpath)
        self._path = record_path(config.rootpath)
        self._whole = config.args_source is not pytest.Config.ArgsSource.ARGS or _names_all(config)
        self._whole = self._whole and not any(config.getoption(name, None) for name in _PART_OPTIONS)
        self._watches = not hasattr(config, "workerinput")  # of several processes the one that hears from all of them
        self._cases: dict[str, list[Case]] = {}
        self._outcomes: dict[str, str] = {}
        self._record: Record | None = None
        self._lost: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        rows = self._catalogue.statuses()
        marks = {item.nodeid: [mark.args for mark in item.iter_markers("req")] for item in items}
        wrong = [
            f"{node}: req{args}" for node, all_args in marks.items() for args in all_args if not _valid(args, rows)
        ]
        if wrong:
            raise pytest.UsageError(
                "these marks name no row of docs/requirements.md, or a case other than positive or negative:\n  "
                + "\n  ".join(wrong)
            )
        for item in items:
            item.user_properties += [(PROPERTY, list(args)) for args in marks[item.nodeid]]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        cases = [_case(value) for name, value in report.user_properties if name == PROPERTY]
        if not cases:
            return
        self._cases[report.nodeid] = cases
        if report.failed:
            self._outcomes[report.nodeid] = "failed"
        elif report.skipped or hasattr(report, "wasxfail"):
            self._outcomes.setdefault(report.nodeid, "skipped")
        elif report.when == "call":
            self._outcomes.setdefault(report.nodeid, "passed")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        if not self._whole or not self._watches or exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return
        if session.shouldstop or session.shouldfail:
            return
        self._record = Record()
        for node, outcome in self._outcomes.items():
            for case in self._cases[node]:
                getattr(self._record, outcome).setdefault(case, []).append(node)
        self._record.save(self._path)
        self._lost = sorted(self._catalogue.listed() - set(self._record.passing(self._catalogue.listed())))
        if self._lost and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._record is None:
            return
        rows, say = self._catalogue.statuses(), terminalreporter.write_line
        passing = self._record.passing(rows)
        terminalreporter.section("requirements")
        unnamed = sum(not self._record.named(row) for row in rows)
        say(f"{len(passing)} of {len(rows)} rows passing; {unnamed} not named by any test yet")
        new = [row for row in passing if row not in self._catalogue.listed()]
        if new:
            say(f"newly passing: {' '.join(new)} (take them up: ./run check requirements --update)", green=True)
        for row in self._lost:
            say(f"{row} has passed before and no longer does: {self._record.why_open(row)}", red=True)


def _case(value: object) -> Case:
    row, case = value if isinstance(value, list) else ("", "")
    return str(row), str(case)


def _valid(args: tuple[object, ...], rows: dict[str, str]) -> bool:
    return len(args) == 2 and args[0] in rows and args[1] in CASES


def _names_all(config: pytest.Config) -> bool:
    roots: Sequence[str] = config.getini("testpaths")
    return {Path(arg).resolve() for arg in config.args} == {(config.rootpath / root).resolve() for root in roots}
