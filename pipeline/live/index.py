"""The index of a ring: a line of JSON for each recorded piece, appended, so that a crash costs one line at most.

A line begins with its line break, so that the one that a crash or a full disk has torn is no part of the next.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

FILE = "index.jsonl"
DIGITS = 9


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded piece.

    Attributes:
        n: its number in the ring, rising by one from piece to piece.
        file: its name in the ring's folder.
        at: Unix seconds of its first frame, by the stream's clock.
        exact: whether the stream itself said so.
        run: pieces of one run follow each other without a break in time stamps or format.
        seq: media sequence number.
        name: last part of the path it came from.
        init: file of the initialisation section, None for what needs none.
        got: Unix seconds at which it was here.
    """

    n: int
    file: str
    bytes: int
    at: float
    length_s: float
    exact: bool
    run: int
    seq: int
    name: str
    init: str | None
    got: float

    @property
    def ends_at(self) -> float:
        """Unix seconds of its end."""
        return self.at + self.length_s


def line_of(entry: Entry) -> bytes:
    """A piece as its line."""
    return b"\n" + json.dumps(asdict(entry), separators=(",", ":")).encode()


def shift_line(run: int, by_s: float) -> bytes:
    """The line that moves the estimated pieces of a run."""
    return b"\n" + json.dumps({"shift": run, "by_s": by_s}).encode()


def read_index(folder: Path) -> list[Entry]:
    """The pieces that are really there, whole, in the order of their recording; a torn line counts for nothing."""
    try:
        lines = (folder / FILE).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    entries = _entries(_parsed(lines))
    return [entry for entry in entries if _size(folder / entry.file) == entry.bytes and _has_init(folder, entry)]


def _parsed(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if isinstance(data, dict):
            yield data


def _entries(lines: Iterator[dict[str, Any]]) -> list[Entry]:
    entries: list[Entry] = []
    for data in lines:
        if "shift" in data:
            entries = shifted(entries, data["shift"], data["by_s"])
        else:
            entries.append(Entry(**data))
    return entries


def shifted(entries: list[Entry], run: int, by_s: float) -> list[Entry]:
    """The entries with the estimated ones of a run moved."""
    return [replace(e, at=e.at + by_s) if e.run == run and not e.exact else e for e in entries]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _has_init(folder: Path, entry: Entry) -> bool:
    return entry.init is None or _size(folder / entry.init) > 0
