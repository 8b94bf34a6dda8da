"""Which rows a whole test run proved."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.requirements_catalogue import CASES

Case = tuple[str, str]
"""A row's id and `positive` or `negative`."""


def record_path(checkout: Path) -> Path:
    """The record in the state folder (`CLIPNET_STATE_DIR`, else `.clipnet` of the checkout)."""
    return checkout / os.environ.get("CLIPNET_STATE_DIR", ".clipnet") / "requirements.json"


@dataclass(slots=True)
class Record:
    """Tests by the case they prove: those that passed, failed, and were skipped (or expected to fail)."""

    passed: dict[Case, list[str]] = field(default_factory=dict)
    failed: dict[Case, list[str]] = field(default_factory=dict)
    skipped: dict[Case, list[str]] = field(default_factory=dict)
    at: str = ""

    def proven(self, row: str) -> bool:
        """Whether both cases of `row` passed and no test of it failed."""
        return all((row, case) in self.passed and (row, case) not in self.failed for case in CASES)

    def named(self, row: str) -> bool:
        """Whether any test names `row`."""
        return any((row, case) in tests for case in CASES for tests in (self.passed, self.failed, self.skipped))

    def passing(self, rows: Iterable[str]) -> list[str]:
        return [row for row in rows if self.proven(row)]

    def why_open(self, row: str) -> str:
        """In words what keeps `row` open; empty when it passes."""
        return "; ".join(word for case in CASES if (word := self._lacks((row, case))))

    def _lacks(self, case: Case) -> str:
        if case in self.failed:
            return f"its {case[1]} case failed ({self.failed[case][0]})"
        if case in self.passed:
            return ""
        if case in self.skipped:
            return f"its {case[1]} case was skipped ({self.skipped[case][0]})"
        return f"no test proves its {case[1]} case"

    def save(self, path: Path) -> None:
        """Write the record, whole or not at all."""
        data = {"at": datetime.now(UTC).isoformat(timespec="seconds")}
        kinds = {kind: _as_json(getattr(self, kind)) for kind in ("passed", "failed", "skipped")}
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(data | kinds, indent=1) + "\n", encoding="utf-8")
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Record":
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: there was no whole run yet.
        """
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return cls(_from_json(data["passed"]), _from_json(data["failed"]), _from_json(data["skipped"]), data["at"])


def _as_json(tests: dict[Case, list[str]]) -> dict[str, list[str]]:
    return {" ".join(case): sorted(names) for case, names in sorted(tests.items())}


def _from_json(tests: dict[str, list[str]]) -> dict[Case, list[str]]:
    return {(row, case): names for key, names in tests.items() for row, case in [key.split(" ")]}
