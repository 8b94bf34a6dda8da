"""What the documentation says of the code is what the code says."""

import pytest

from clipnet.cli.docs import PAGES
from clipnet.cli.house import ARCHITECTURE, CHECKOUT, GENERATORS, check_entries, with_generated
from clipnet.errors import ClipNetError
from pipeline.jobs import JOB_TYPES


@pytest.mark.req("R-055", "positive")
@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_equals_the_committed_one(name: str) -> None:
    committed = (CHECKOUT / "docs" / f"{name}.md").read_text(encoding="utf-8")

    assert committed == PAGES[name](), "make it anew: ./run clipnet docs"


def test_all_generated_blocks_stand_in_the_page() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8")

    assert all(f"<!-- generated: {name} -->" in page for name in GENERATORS)


def test_a_changed_block_is_made_anew() -> None:
    page = with_generated(ARCHITECTURE.read_text(encoding="utf-8"))
    changed = page.replace("| `clip:process` v1 | media |", "| `clip:process` v1 | io |")

    assert changed != page
    assert with_generated(changed) == page


@pytest.mark.req("R-055", "negative")
def test_a_job_type_without_a_line_is_refused() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8")

    with pytest.raises(ClipNetError, match="clip:dream"):
        check_entries(page, {*JOB_TYPES, "clip:dream"})


def test_a_page_that_lacks_a_job_type_is_not_made() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8")

    with pytest.raises(ClipNetError, match="ops:prune"):
        with_generated(page.replace("- `ops:prune`:", "- the pruner:"))


def test_a_line_for_a_job_type_that_is_gone_is_refused() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8")

    with pytest.raises(ClipNetError, match="ops:prune"):
        check_entries(page, set(JOB_TYPES) - {"ops:prune"})
