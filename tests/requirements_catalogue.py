"""The rows of `docs/requirements.md`, and the list of those that have passed."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

CASES = ("positive", "negative")

_ROW = re.compile(r"^\| (?P<id>R-\d{3}) \|.*\| (?P<status>passing|open) \|$")
_LIST_HEADING = "# Rows of requirements.md that have passed. Taken up by `./run check requirements --update`.\n"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Where a checkout keeps its requirements."""

    page: Path
    passed_list: Path

    @classmethod
    def of(cls, checkout: Path) -> "Catalogue":
        return cls(checkout / "docs" / "requirements.md", checkout / "docs" / "requirements-passing.txt")

    def statuses(self) -> dict[str, str]:
        """`passing` or `open` of each row as the page says, in its order.

        Raises:
            ValueError: an id stands there twice.
        """
        found: dict[str, str] = {}
        for line in self.page.read_text(encoding="utf-8").splitlines():
            row = _ROW.match(line)
            if row and row["id"] in found:
                raise ValueError(f"{row['id']} stands twice in {self.page.name}")
            if row:
                found[row["id"]] = row["status"]
        return found

    def listed(self) -> set[str]:
        """The ids that have passed before."""
        if not self.passed_list.is_file():
            return set()
        lines = self.passed_list.read_text(encoding="utf-8").split("\n")
        return {line.strip() for line in lines if line.strip() and not line.startswith("#")}

    def take_up(self, passing: Iterable[str]) -> list[str]:
        """Add `passing` to the list, set the status column from it, and return what was new. Takes nothing away."""
        before = self.listed()
        listed = before | set(passing)
        self.passed_list.write_text(_LIST_HEADING + "".join(f"{i}\n" for i in sorted(listed)), encoding="utf-8")
        self.page.write_text(with_statuses(self.page.read_text(encoding="utf-8"), listed), encoding="utf-8")
        return sorted(listed - before)


def with_statuses(page: str, passing: Collection[str]) -> str:
    """The page with `passing` or `open` in the last cell of every row."""
    return "\n".join(_with_status(line, passing) for line in page.split("\n"))


def _with_status(line: str, passing: Collection[str]) -> str:
    row = _ROW.match(line)
    if not row:
        return line
    return f"{line[: row.start('status')]}{'passing' if row['id'] in passing else 'open'} |"
