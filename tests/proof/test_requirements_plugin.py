"""The record of requirements tells the truth: what passed, what was skipped, what was lost."""

import json
from pathlib import Path

import pytest

from tests.proof.conftest import PROVES_FIRST, Run
from tests.requirements_catalogue import Catalogue
from tests.requirements_check import main
from tests.requirements_record import Record, record_path


def marked(case: str, body: str, row: str = "R-001") -> str:
    return f'import pytest\n@pytest.mark.req("{row}", "{case}")\ndef test_{case}(): {body}\n'


def listed(checkout: Path, *rows: str) -> None:
    Catalogue.of(checkout).passed_list.write_text("# passed\n" + "\n".join(rows) + "\n", encoding="utf-8")


def test_a_row_with_both_cases_passes_and_the_others_stay_open(suite: Run, checkout: Path) -> None:
    result = suite(PROVES_FIRST)

    result.stdout.fnmatch_lines(["1 of 3 rows passing; 2 not named by any test yet", "newly passing: R-001 *--update)"])
    assert Record.load(record_path(checkout)).passing(["R-001", "R-002", "R-003"]) == ["R-001"]


@pytest.mark.parametrize(
    ("other_case", "why"),
    [
        ("", "no test proves its negative case"),
        (marked("negative", "assert False"), "its negative case failed"),
        (marked("negative", "pytest.skip('no network')"), "its negative case was skipped"),
        (marked("negative", "pytest.xfail('known')"), "its negative case was skipped"),
    ],
)
def test_one_case_is_not_enough(suite: Run, checkout: Path, other_case: str, why: str) -> None:
    suite(marked("positive", "pass") + other_case)

    record = Record.load(record_path(checkout))
    assert record.passing(["R-001"]) == []
    assert why in record.why_open("R-001")


def test_one_failing_test_outweighs_a_passing_one_of_the_same_case(suite: Run, checkout: Path) -> None:
    suite(PROVES_FIRST + '@pytest.mark.req("R-001", "positive")\ndef test_more(): assert False\n')

    assert not Record.load(record_path(checkout)).proven("R-001")


def test_an_error_while_tearing_down_is_a_failure(suite: Run, checkout: Path) -> None:
    breaks = "@pytest.fixture\ndef breaks():\n    yield\n    assert False\n"
    suite(PROVES_FIRST + breaks + '@pytest.mark.req("R-001", "positive")\ndef test_more(breaks): pass\n')

    assert not Record.load(record_path(checkout)).proven("R-001")


@pytest.mark.parametrize("mark", ['"R-999", "positive"', '"R-001", "maybe"', '"R-001"', "", '"R-001", "positive", "x"'])
def test_a_mark_that_names_nothing_stops_the_run(suite: Run, checkout: Path, mark: str) -> None:
    result = suite(f"import pytest\n@pytest.mark.req({mark})\ndef test_it(): pass\n")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*name no row of docs/requirements.md*", "*test_it: req*"])
    assert not record_path(checkout).exists()


@pytest.mark.req("R-018", "negative")
def test_a_lost_row_fails_a_run_in_which_every_test_passed(suite: Run, checkout: Path) -> None:
    listed(checkout, "R-001")

    assert suite(PROVES_FIRST).ret == pytest.ExitCode.OK
    without_marker = suite(marked("positive", "pass"))

    assert without_marker.ret == pytest.ExitCode.TESTS_FAILED
    without_marker.stdout.fnmatch_lines(
        ["R-001 has passed before and no longer does: no test proves its negative case", "*1 passed*"]
    )


@pytest.mark.parametrize(
    "part", [("suite/test_one.py",), ("-k", "test_happens"), ("--deselect", "suite/test_one.py::test_happens")]
)
def test_a_part_of_the_suite_judges_nothing_and_keeps_the_record(
    suite: Run, checkout: Path, part: tuple[str, ...]
) -> None:
    suite(PROVES_FIRST)
    before = record_path(checkout).read_text(encoding="utf-8")
    listed(checkout, "R-001", "R-002")

    result = suite(PROVES_FIRST, *part)

    assert result.ret == pytest.ExitCode.OK
    assert record_path(checkout).read_text(encoding="utf-8") == before
    result.stdout.no_fnmatch_line("*no longer*")


def test_a_run_cut_short_keeps_the_record(suite: Run, checkout: Path) -> None:
    suite(PROVES_FIRST)
    before = record_path(checkout).read_text(encoding="utf-8")

    suite("def test_a(): assert False\n" + PROVES_FIRST, "-x")
    suite("this is no python")

    assert record_path(checkout).read_text(encoding="utf-8") == before


def test_naming_the_whole_suite_is_a_whole_run(suite: Run, checkout: Path) -> None:
    suite(PROVES_FIRST, "suite")

    assert record_path(checkout).exists()


def test_check_answers_in_one_line_of_json(suite: Run, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(PROVES_FIRST)
    capsys.readouterr()

    assert main(["--json"], checkout) == 0

    said = capsys.readouterr()
    assert json.loads(said.out.splitlines()[-1]) == {"passing": ["R-001"], "open": ["R-002", "R-003"]}
    assert "not named by any test: R-002 R-003" in said.err


def test_check_says_what_a_row_lacks(suite: Run, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(marked("positive", "pass"))
    capsys.readouterr()

    main([], checkout)

    assert "R-001 open: no test proves its negative case" in capsys.readouterr().out


def test_check_without_a_record_counts_all_as_open(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json"], checkout) == 1

    assert json.loads(capsys.readouterr().out) == {"passing": [], "open": ["R-001", "R-002", "R-003"]}


def test_update_takes_new_rows_up_and_never_drops_one(suite: Run, checkout: Path) -> None:
    suite(PROVES_FIRST)
    listed(checkout, "R-003")

    assert main(["--update"], checkout) == 1

    catalogue = Catalogue.of(checkout)
    assert catalogue.listed() == {"R-001", "R-003"}
    assert catalogue.statuses() == {"R-001": "passing", "R-002": "open", "R-003": "passing"}
