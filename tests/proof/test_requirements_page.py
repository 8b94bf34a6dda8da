"""`docs/requirements.md` is complete, and its status column is the list of what has passed."""

import re
from pathlib import Path

from tests.requirements_catalogue import Catalogue, with_statuses

CHECKOUT = Path(__file__).resolve().parent.parent.parent
CATALOGUE = Catalogue.of(CHECKOUT)


def test_all_rows_stand_in_order() -> None:
    assert list(CATALOGUE.statuses()) == [f"R-{number:03d}" for number in range(1, 125)]


def test_every_row_has_all_its_cells() -> None:
    rows = [line for line in CATALOGUE.page.read_text(encoding="utf-8").splitlines() if line.startswith("| R-")]

    assert all(len(row.strip("| ").split(" | ")) == 7 for row in rows)
    assert all("P: " in row and "N: " in row for row in rows)


def test_every_row_says_where_it_was_asked() -> None:
    rows = re.findall(r"^\| R-\d{3} \| (\d{3}) · \S", CATALOGUE.page.read_text(encoding="utf-8"), re.MULTILINE)

    assert [rows.count(document) for document in ("000", "001", "002", "003", "004")] == [16, 20, 18, 42, 28]


def test_all_decisions_stand() -> None:
    page = CATALOGUE.page.read_text(encoding="utf-8")

    assert re.findall(r"^\| (C-\d+) \|", page, re.MULTILINE) == [f"C-{number}" for number in range(1, 26)]
    assert re.findall(r"^## (Q-\d)", page, re.MULTILINE) == ["Q-1", "Q-2"]


def test_the_status_column_is_the_list() -> None:
    page = CATALOGUE.page.read_text(encoding="utf-8")

    assert page == with_statuses(page, CATALOGUE.listed())


def test_the_list_holds_rows_only() -> None:
    assert CATALOGUE.listed() <= set(CATALOGUE.statuses())
