"""What the documentation says of the code is what the code says."""

import pytest

from pipeline.jobs import JOB_TYPES
from tests.docs import generate
from tests.docs.generate import ARCHITECTURE, Undocumented, check_entries, pages, with_generated


@pytest.mark.req("R-055", "positive")
def test_generated_parts_equal_the_committed_ones() -> None:
    stale = [path.name for path, text in pages().items() if path.read_text(encoding="utf-8") != text]

    assert not stale, "make them anew: python -m tests.docs.generate"


def test_all_generated_blocks_stand_in_the_page() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8")

    assert all(f"<!-- generated: {name} -->" in page for name in generate.GENERATORS)


def test_a_changed_block_is_seen() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8")

    assert with_generated(page.replace("| `clip:process` v1 | media |", "| `clip:process` v1 | io |")) == page


@pytest.mark.req("R-055", "negative")
def test_a_job_type_without_an_entry_is_refused() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8")

    with pytest.raises(Undocumented, match="clip:dream"):
        check_entries(page, {*JOB_TYPES, "clip:dream"})


def test_an_entry_for_a_job_type_that_is_gone_is_refused() -> None:
    page = ARCHITECTURE.read_text(encoding="utf-8")

    with pytest.raises(Undocumented, match="ops:prune"):
        check_entries(page, set(JOB_TYPES) - {"ops:prune"})
