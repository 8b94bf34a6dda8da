"""Links lead somewhere, commands of `./run` exist, and nothing names a machine or a place that packages come from."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from clipnet.cli.house import CHECKOUT, ROOMS
from clipnet.cli.verbs import VERBS
from tests.docs.pages import Page, pages

DECISIONS = sorted((CHECKOUT / "docs" / "decisions").glob("*.md"))
RUN = CHECKOUT / "run"

SUFFIXES = {".py", ".md", ".toml", ".lock", ".txt", ".json", ".sql", ".yml", ".yaml", ".sh", ".js", ".css", ".html", ""}
FOREIGN = re.compile(r"/(w[o]rk|r[o]ot|f[a]rm|h[o]me/(?!clipnet\b)\w+)/|\bp[y]pi\.org|p[y]thonhosted|n[p]mjs\.")


def test_links_resolve() -> None:
    assert [broken for page in pages() for broken in page.broken_links()] == []


@pytest.mark.parametrize("link", ["[a](nowhere.md)", "[a](page.md#no-such-part)", "![a](gone.png)", "[a](#no-part)"])
def test_a_broken_link_is_seen(tmp_path: Path, link: str) -> None:
    page = Page(tmp_path / "page.md")
    page.path.write_text(f"# A part\n\n[fine](page.md#a-part) [fine](#a-part) {link}\n", encoding="utf-8")

    assert len(list(page.broken_links())) == 1


@pytest.mark.parametrize("name", ["docs/images/contact-sheet.jpg", "docs/images/score-curve.png"])
def test_pictures_of_the_output_are_shown(name: str) -> None:
    assert f"]({name})" in (CHECKOUT / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not RUN.is_file(), reason="this checkout has no ./run")
def test_every_verb_in_the_documentation_is_one_of_run() -> None:
    listed = subprocess.run([RUN], capture_output=True, text=True, check=False, cwd=CHECKOUT)
    verbs = {verb for page in pages() for verb in _verbs(page)}

    assert {"demo", "test", "up", "clipnet"} <= verbs
    assert [verb for verb in sorted(verbs) if not re.search(rf"\b{verb}\b", listed.stdout + listed.stderr)] == []


def test_every_verb_of_the_command_line_is_one_it_has() -> None:
    used = {
        verb for page in pages() for line in page.shell_lines() for verb in re.findall(r"\bclipnet ([a-z]+)\b", line)
    }

    assert {"say", "serve", "migrate", "doctor"} <= used
    assert used <= set(VERBS)


def _verbs(page: Page) -> Iterator[str]:
    for line in [*page.shell_lines(), *re.findall(r"`(\./run[^`]*)`", page.prose())]:
        words = line.split()
        if words[0] == "./run" and len(words) > 1 and words[1].isalpha():
            yield words[1]


def _tree() -> Iterator[tuple[str, str]]:
    """Every text file that belongs to the checkout, by its name in it."""
    folders = [CHECKOUT / name for name in (*ROOMS, "tests", "bench", "docs", ".github", ".ci")]
    files = [*CHECKOUT.iterdir(), *(path for folder in folders for path in folder.rglob("*"))]
    for path in files:
        if path.is_file() and path.suffix in SUFFIXES and path.name != ".git" and "__pycache__" not in path.parts:
            yield path.relative_to(CHECKOUT).as_posix(), path.read_text(encoding="utf-8", errors="replace")


def foreign(text: str) -> list[str]:
    """Lines that name a folder of a machine or a place that packages come from."""
    return [line.strip() for line in text.splitlines() if FOREIGN.search(line)]


def test_the_tree_names_no_machine_and_no_registry() -> None:
    assert {name: lines for name, text in _tree() if (lines := foreign(text))} == {}


@pytest.mark.parametrize("text", ["cd /ro" + "ot/clipnet", "https://py" + "pi.org/simple"])
def test_a_machine_or_a_registry_is_seen(text: str) -> None:
    assert foreign(text) == [text]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_short_and_listed(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 40
    assert path.stem == "README" or f"({path.name})" in (path.parent / "README.md").read_text(encoding="utf-8")
