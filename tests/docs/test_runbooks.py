"""Every command in a runbook is one that ClipNet has, with the parameters it takes."""

import re
from pathlib import Path

import pytest

from bot.commands import COMMANDS
from bot.grammar import AnswerNow, Parsed, parse_text
from bot.registry import Registry
from clipnet.cli.house import CHECKOUT
from ops_commands import COMMANDS as OPERATOR_COMMANDS
from tests.docs.pages import Page, pages

RUNBOOKS = sorted((CHECKOUT / "docs" / "runbooks").glob("*.md"))
REGISTRY = Registry([*COMMANDS, *OPERATOR_COMMANDS])


def faults(page: Page) -> list[str]:
    """What the page hands to `clipnet say` and no command takes."""
    outcomes = ((said, parse_text(REGISTRY, "console", said)) for said in page.said())
    return [f"{page.name}: {said}: {o.error}" for said, o in outcomes if isinstance(o, AnswerNow)]


@pytest.mark.parametrize("page", [p for p in pages() if list(p.said())], ids=lambda page: page.name)
def test_what_is_said_is_a_command(page: Page) -> None:
    assert faults(page) == []


@pytest.mark.parametrize("said", ["jobs unstick 42", "queue --colour red", "dead-letter replay", "jobs retry the-last"])
def test_a_command_that_is_not_there_is_seen(said: str, tmp_path: Path) -> None:
    page = Page(tmp_path / "page.md")
    page.path.write_text(f'```sh\n./run clipnet say "{said}"\n```\n', encoding="utf-8")

    assert len(faults(page)) == 1


def test_every_operators_command_has_a_runbook() -> None:
    said = (parse_text(REGISTRY, "console", text) for path in RUNBOOKS for text in Page(path).said())
    used = {outcome.command.name for outcome in said if isinstance(outcome, Parsed)}

    assert {command.name for command in OPERATOR_COMMANDS} <= used


@pytest.mark.parametrize("path", RUNBOOKS, ids=lambda path: path.stem)
def test_a_runbook_has_its_five_parts(path: Path) -> None:
    headings = re.findall(r"^## .*$", path.read_text(encoding="utf-8"), re.MULTILINE)

    assert headings == (
        [] if path.stem == "README" else ["## Trigger", "## Checks", "## Commands", "## Verify", "## Undo"]
    )


def test_every_runbook_stands_in_the_list() -> None:
    listed = (CHECKOUT / "docs" / "runbooks" / "README.md").read_text(encoding="utf-8")

    assert [path.name for path in RUNBOOKS if path.stem != "README" and f"({path.name})" not in listed] == []
