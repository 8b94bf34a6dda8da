"""The generated pages say what the code says."""

from clipnet.cli.docs import PAGES, ROOT
from clipnet.relations import settings_of
from clipnet.settings import Settings


def test_every_generated_page_is_in_step() -> None:
    stale = [name for name, page in PAGES.items() if (ROOT / "docs" / f"{name}.md").read_text() != page()]
    assert stale == [], "run ./run clipnet docs"


def test_the_reference_names_every_setting() -> None:
    page = PAGES["settings"]()
    assert [each.variable for each in settings_of(Settings) if f"| `{each.variable}` |" not in page] == []
