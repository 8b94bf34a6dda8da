"""The pages for those who run platforms and communities say what the code says: rights, settings, variables, words."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from bot.adapters.discord.install import RIGHTS
from bot.adapters.twitch.consent import PURPOSES
from bot.adapters.x.keys import SCOPES
from bot.commands import COMMANDS
from bot.commands.settings import OWNERS
from bot.community import CommunitySettings
from bot.grammar import AnswerNow, NotForUs, parse_text
from bot.registry import Registry
from clipnet.cli.house import CHECKOUT
from ops_commands import COMMANDS as OPERATOR_COMMANDS
from tests.docs.pages import Page

DOCS = CHECKOUT / "docs"
COMMUNITIES = Page(DOCS / "communities.md")
PLATFORMS = [Page(path) for path in sorted((DOCS / "platforms").glob("*.md"))]
PAGES = [COMMUNITIES, *PLATFORMS]
RUNBOOKS = [Page(path) for path in sorted((DOCS / "runbooks").glob("*.md"))]
REGISTRY = Registry([*COMMANDS, *OPERATOR_COMMANDS])
_ROW = re.compile(r"^\| (?P<name>[^|]+?) \| (?P<cells>.+) \|$", re.MULTILINE)
_VARIABLE = re.compile(r"\b(?:ADAPTERS|[A-Z]+_[A-Z_]*[A-Z])\b")
_SETTING = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)
_ROUTE = re.compile(r"/api/v1/([a-z/-]+)")
NO_SETTINGS = {"NAME", "VALUE"}


def platform(name: str) -> Page:
    return Page(DOCS / "platforms" / f"{name}.md")


def rows(page: Page, heading: str) -> dict[str, list[str]]:
    """The rows of the first table below a heading, by their first cell."""
    part = page.text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    found = {row["name"].strip("`"): row["cells"].split(" | ") for row in _ROW.finditer(part)}
    return {name: cells for name, cells in found.items() if not name.startswith("---")}


def shown(value: Any) -> str:
    """A default as `settings show` tells it."""
    if value is None or value == {}:
        return "none"
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def misspelt(page: Page, known: set[str]) -> list[str]:
    """Variables in the page's code that ClipNet has no setting for."""
    code = re.findall(r"`[^`\n]+`|^\| [^\n]+$|```sh.*?```", page.text, re.MULTILINE | re.DOTALL)
    return sorted({name for part in code for name in _VARIABLE.findall(part)} - known)


def unsaid(quoted: Iterator[str]) -> list[str]:
    """Sentences of ours that stand in no adapter."""
    code = "".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "bot" / "adapters").rglob("*.py"))
    return [words for words in quoted if words not in code]


def quoted(part: str) -> Iterator[str]:
    return (words.replace("\n", " ") for words in re.findall(r"“([^”]+)”", part))


def settings_known() -> set[str]:
    return set(_SETTING.findall((DOCS / "settings.md").read_text(encoding="utf-8")))


def unknown(page: Page) -> Iterator[str]:
    """What a page says that people say, and no command takes."""
    for block in re.findall(r"^```chat\n(.*?)^```$", page.text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            outcome = parse_text(REGISTRY, "console", line)
            if isinstance(outcome, AnswerNow | NotForUs):
                yield f"{page.name}: {line}"


def test_every_setting_of_a_community_stands_with_its_default() -> None:
    table = rows(COMMUNITIES, "Settings")
    del table["setting"]
    fields = CommunitySettings.model_fields
    defaults = {name: shown(field.get_default(call_default_factory=True)) for name, field in fields.items()}

    assert {name: cells[0] for name, cells in table.items()} == defaults
    assert {name for name, cells in table.items() if cells[1].startswith("*owner*")} == OWNERS


def test_discord_s_permissions_are_those_that_the_link_asks_for() -> None:
    told = rows(platform("discord"), "Permissions")

    assert {name.lower().replace(" ", "_") for name in told} - {"permission"} == set(RIGHTS)


def test_twitch_s_scopes_are_those_that_are_asked_for_with_the_same_reasons() -> None:
    told = {name: cells[0] for name, cells in rows(platform("twitch"), "Consents").items() if name != "scope"}

    assert told == {scope: str(why) for purpose in PURPOSES.values() for scope, why in purpose.scopes.items()}


def test_x_s_rights_are_named() -> None:
    assert [scope for scope in SCOPES if f"`{scope}`" not in platform("x").text] == []


@pytest.mark.parametrize("page", [*PAGES, *RUNBOOKS], ids=lambda page: page.name)
def test_variables_are_settings(page: Page) -> None:
    assert misspelt(page, settings_known() | NO_SETTINGS | {"REDIS_URL", "DATABASE_URL"}) == []


def test_a_variable_that_is_none_is_seen() -> None:
    assert misspelt(platform("discord"), settings_known() - {"DISCORD_TOKEN"}) == ["DISCORD_TOKEN"]


@pytest.mark.parametrize("name", ["discord", "twitch", "x"])
def test_what_health_says_is_said(name: str) -> None:
    told = [*quoted(" ".join(rows(platform(name), "When it fails")))]

    assert len(told) >= 5
    assert unsaid(iter(told)) == []


def test_what_brings_an_operator_to_a_runbook_is_said() -> None:
    page = next(page for page in RUNBOOKS if page.name.endswith("rate-limited.md"))

    assert unsaid(quoted(page.text.split("## Checks", 1)[0])) == []


def test_a_sentence_that_nobody_says_is_seen() -> None:
    assert unsaid(quoted("“Twitch refuses this application.” “Twitch is sad.”")) == ["Twitch is sad."]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_people_say_is_a_command(page: Page) -> None:
    assert list(unknown(page)) == []


def test_words_that_are_no_command_are_seen(tmp_path: Any) -> None:
    page = Page(tmp_path / "page.md")
    page.path.write_text("```chat\nsettings set colour red\nrefund 7K3QX9\nvote\n```\n", encoding="utf-8")

    assert len(list(unknown(page))) == 2


@pytest.mark.parametrize("page", [*PAGES, *RUNBOOKS], ids=lambda page: page.name)
def test_routes_are_those_of_commands(page: Page) -> None:
    used = {route for line in page.shell_lines() for route in _ROUTE.findall(line)}

    assert used <= {"commands", *(command.path for command in REGISTRY.offered("web"))}
