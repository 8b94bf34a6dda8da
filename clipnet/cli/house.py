"""What the documentation says of the house that the code itself knows: job types, imports, states, modules."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from clipnet.errors import ClipNetError
from pipeline.jobs import JOB_TYPES, JobType, Payload

CHECKOUT: Final = Path(__file__).resolve().parents[2]
ROOMS: Final = ("clipnet", "db", "pipeline", "bot", "ops_commands", "web")
ARCHITECTURE: Final = CHECKOUT / "docs" / "architecture.md"

_BLOCK = re.compile(r"(?P<open><!-- generated: (?P<name>[a-z-]+) -->\n)(?P<body>.*?)(?P<close><!-- end -->)", re.DOTALL)
_ENTRY = re.compile(r"^- `(?P<kind>[a-z]+:[a-z_]+)`: (?P<text>.+)$", re.MULTILINE)
_EDGE = re.compile(r"\('(?P<machine>\w+)', '(?P<before>\w+)', '(?P<after>\w+)'\)")


@dataclass(frozen=True)
class Module:
    """A Python file: where it stands in the checkout, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def first_line(self) -> str:
        """What it says of itself, in one line."""
        return (ast.get_docstring(self.tree) or "").partition("\n")[0]


def modules(*rooms: str) -> Iterator[Module]:
    """Every Python file of `rooms`, by name."""
    for room in rooms:
        for path in sorted((CHECKOUT / room).rglob("*.py")):
            yield Module(path.relative_to(CHECKOUT).as_posix(), path.read_text(encoding="utf-8"))


def entries(page: str) -> set[str]:
    """The job types that the hand-written list of the page explains."""
    return {entry["kind"] for entry in _ENTRY.finditer(page)}


def check_entries(page: str, kinds: set[str]) -> None:
    """Every job type has its entry, and every entry its job type. Raises ClipNetError that names those that don't."""
    missing, stale = sorted(kinds - entries(page)), sorted(entries(page) - kinds)
    if missing or stale:
        raise ClipNetError(
            f"docs/architecture.md lacks a line for {missing or 'none'} and has one for {stale or 'none'}, now gone.",
            hint="Each job type has one line under “Jobs”.",
        )


def job_types() -> str:
    """Table of what the queue knows of each job type."""
    lines = ["| job type | lane | tries | longest try | together | payload |", "| --- | --- | --- | --- | --- | --- |"]
    return "\n".join([*lines, *map(_job_type, JOB_TYPES.values())]) + "\n"


def _job_type(job: JobType[Payload]) -> str:
    fields = ", ".join(f"`{name}`" for name in job.payload.model_fields)
    limit = f"{job.run_timeout_s / 60:g} min"
    return f"| `{job.kind}` v{job.version} | {job.lane} | {job.max_attempts} | {limit} | {job.gather} | {fields} |"


def imports() -> str:
    """Table of which room really imports which."""
    lines = ["| room | imports |", "| --- | --- |"]
    for room in ROOMS:
        used = sorted({name for module in modules(room) for name in _rooms_of(module)} - {room})
        lines.append(f"| `{room}/` | {', '.join(f'`{name}/`' for name in used) or 'libraries only'} |")
    return "\n".join(lines) + "\n"


def _rooms_of(module: Module) -> Iterator[str]:
    """Rooms that a module imports; the command line composes everything and is left out."""
    if module.path.startswith(("clipnet/cli/", "clipnet/__main__")):
        return
    for node in ast.walk(module.tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        yield from (first for name in names if (first := name.partition(".")[0]) in ROOMS)


def states() -> str:
    """Table of which state may follow which, as the database enforces it."""
    follow: dict[tuple[str, str], list[str]] = {}
    for schema in sorted((CHECKOUT / "db" / "schema").glob("*.sql")):
        for edge in _EDGE.finditer(schema.read_text(encoding="utf-8")):
            follow.setdefault((edge["machine"], edge["before"]), []).append(edge["after"])
    lines = ["| of | from | to |", "| --- | --- | --- |"]
    lines += [f"| {machine} | {before} | {', '.join(after)} |" for (machine, before), after in follow.items()]
    return "\n".join(lines) + "\n"


GENERATORS: dict[str, Callable[[], str]] = {"job-types": job_types, "imports": imports, "states": states}


def with_generated(page: str) -> str:
    """The page with its generated blocks made anew. Raises ClipNetError when a job type has no line of its own."""
    check_entries(page, set(JOB_TYPES))
    return _BLOCK.sub(lambda block: block["open"] + GENERATORS[block["name"]]() + block["close"], page)


def architecture_page() -> str:
    """The page of the architecture as it should be."""
    return with_generated(ARCHITECTURE.read_text(encoding="utf-8"))


def modules_page() -> str:
    """Every module and its first line."""
    parts = ["# Modules\n\nGenerated by `clipnet docs`: what each file says of itself.\n"]
    for room in ROOMS:
        lines = [f"## {room}/\n", "| module | what it is |", "| --- | --- |"]
        about = ((module.path, module.first_line.replace("|", "\\|")) for module in modules(room))
        lines += [f"| `{path}` | {line} |" for path, line in about if line]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)
