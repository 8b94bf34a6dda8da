"""The record of what was measured: `docs/benchmarks.json`, and the page made from it."""

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.context import CHECKOUT
from bench.rows import Row
from bench.runner import Outcome

DATA = CHECKOUT / "docs" / "benchmarks.json"
PAGE = CHECKOUT / "docs" / "benchmarks.md"

INTRODUCTION = """# Benchmarks

Made by `./run bench --write`; don't edit. Every bench here was run on the machine named beside it, and both sides of a
ratio in the same run, in turn. Ratios carry over to other machines, absolute times don't.
`./run bench NAME --json` measures again. A bench that could not run says why.
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures were taken on."""

    cpu: str
    cores: int
    python: str
    system: str

    @classmethod
    def this(cls) -> "Machine":
        return cls(_cpu_model(), os.cpu_count() or 1, platform.python_version(), platform.system())

    def __str__(self) -> str:
        return f"{self.cores} cores of {self.cpu}, {self.system}, Python {self.python}"


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def remember(outcomes: Iterable[Outcome], command: str, *, data: Path = DATA, page: Path = PAGE) -> None:
    """Put the outcomes in place of what the record held of the same benches. Failed ones leave it as it is."""
    record: dict[str, Any] = json.loads(data.read_text(encoding="utf-8")) if data.is_file() else {}
    for outcome in outcomes:
        if not outcome.failed:
            record[outcome.bench] = {
                "command": command,
                "at": datetime.now(UTC).isoformat(timespec="minutes"),
                "machine": asdict(Machine.this()),
                "skipped": outcome.skipped,
                "notes": outcome.notes,
                "rows": [row.as_json() for row in outcome.rows],
            }
    data.write_text(json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    page.write_text(render(json.loads(data.read_text(encoding="utf-8"))), encoding="utf-8")


def render(record: dict[str, Any]) -> str:
    """The page of a record."""
    return "\n".join([INTRODUCTION, *(_section(name, entry) for name, entry in sorted(record.items()))])


def _section(name: str, entry: dict[str, Any]) -> str:
    lines = [f"## {name}\n", f"`{entry['command']}` on {entry['at']}: {Machine(**entry['machine'])}\n"]
    if entry["skipped"]:
        lines.append(f"Not run: {entry['skipped']}.\n")
    if entry["rows"]:
        lines += ["| what | value | floor | ratio | goal | met |", "| --- | --- | --- | --- | --- | --- |"]
        lines += ["| " + " | ".join(cells(Row.from_json(row))) + " |" for row in entry["rows"]]
        lines.append("")
    lines += [f"- {note}" for note in entry["notes"]] + ([""] if entry["notes"] else [])
    return "\n".join(lines)


def cells(row: Row) -> tuple[str, str, str, str, str, str]:
    """A row as a reader sees it: what, value, floor, ratio, goal, met."""
    met = {None: "–", True: "yes", False: "**no**"}[row.met]
    return (
        row.metric,
        f"{_figure(row.value)} {row.unit}",
        _figure(row.floor),
        _figure(row.ratio),
        row.goal or "–",
        met,
    )


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
