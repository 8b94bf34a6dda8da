"""The pages of documentation, and what can be checked in them: links, and commands in fenced blocks."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clipnet.cli.house import CHECKOUT

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown file of the checkout."""

    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def name(self) -> str:
        return _in_checkout(self.path)

    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _FENCE.sub("", self.text)

    def anchors(self) -> set[str]:
        """What a link may jump to in this page."""
        headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(self.prose()))
        return {heading.strip().replace(" ", "-") for heading in headings}

    def shell_lines(self) -> Iterator[str]:
        """The commands in its fenced `sh` blocks, one per line, without prompts and comments."""
        for fence in _FENCE.finditer(self.text):
            if fence["language"] in ("sh", "bash", "console"):
                whole = fence["body"].replace("\\\n", " ")
                lines = (line.strip().removeprefix("$ ") for line in whole.splitlines())
                yield from (line for line in lines if line and not line.startswith("#"))

    def said(self) -> Iterator[str]:
        """What its shell blocks hand to `clipnet say`, or post to the route of commands."""
        for line in self.shell_lines():
            words = shlex.split(line, comments=True)
            if "say" in words[:3] and "clipnet" in words[:2]:
                yield words[words.index("say") + 1]
            elif words[0] == "curl" and "-d" in words:
                yield json.loads(words[words.index("-d") + 1])["text"]

    def broken_links(self) -> Iterator[str]:
        """Targets inside the checkout that aren't there."""
        for link in _LINK.finditer(self.prose()):
            target, _, anchor = link["target"].partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            path = (self.path.parent / target).resolve() if target else self.path
            if not path.exists():
                yield f"{self.name} links to {target}"
            elif anchor and path.suffix == ".md" and anchor not in Page(path).anchors():
                yield f"{self.name} links to {target}#{anchor}"


def pages() -> list[Page]:
    """Every Markdown page at the top of the checkout and in `docs/`."""
    return [Page(path) for path in sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])]


def _in_checkout(path: Path) -> str:
    return path.relative_to(CHECKOUT).as_posix() if path.is_relative_to(CHECKOUT) else path.name
