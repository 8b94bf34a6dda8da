"""The recorded pieces of one stream, on disk, as their only writer sees them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.live.index import DIGITS, FILE, Entry, line_of, read_index, shift_line, shifted
from pipeline.live.room import Room

PART = "coming-"
"""What pieces are called until they are whole."""
SPENT_LINES = 500
"""The index is written anew when it has this many lines of pieces that are gone."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A stretch that stays beyond the ring, from and to in Unix seconds by the stream's clock."""

    from_at: float
    to_at: float

    def holds(self, entry: Entry) -> bool:
        """Whether a piece lies in it, if only in part."""
        return entry.at < self.to_at and self.from_at < entry.ends_at


class Ring:
    """The pieces of one stream, oldest first; what they take is counted in `room`."""

    def __init__(self, folder: Path, room: Room) -> None:
        """Takes up what lies in `folder`, makes it if need be, and removes what no line of the index names."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.room = folder, room
        self.entries = read_index(folder)
        self.kept: tuple[Kept, ...] = ()
        self._inits = {e.init: (folder / e.init).stat().st_size for e in self.entries if e.init}
        self._clear_up()
        self._next = max((entry.n for entry in self.entries), default=0) + 1
        self._lines = self._index_bytes = 0
        room.hold(sum(entry.bytes for entry in self.entries) + sum(self._inits.values()))
        self._count_index()
        self._rewrite()

    @property
    def size_bytes(self) -> int:
        """What it takes on disk."""
        return sum(entry.bytes for entry in self.entries) + sum(self._inits.values()) + self._index_bytes

    def coming(self) -> Path:
        """Where the next piece is written until it is whole."""
        return self.folder / f"{PART}{self._next:0{DIGITS}}"

    def add(self, coming: Path, kind: str, **known: object) -> Entry:
        """Take in a whole piece whose bytes are counted already; `known` are the other fields of its entry.

        Raises OSError when its line can't be written; it is gone then, and its bytes are given back.
        """
        entry = Entry(
            n=self._next,
            file=f"{self._next:0{DIGITS}}.{kind}",
            bytes=coming.stat().st_size,
            **known,  # type: ignore[arg-type]
        )
        self._next += 1
        try:
            coming.rename(self.folder / entry.file)
            self._append(line_of(entry))
        except OSError:
            (self.folder / entry.file).unlink(missing_ok=True)
            self.room.give(entry.bytes)
            raise
        self.entries.append(entry)
        return entry

    def add_init(self, data: bytes) -> str:
        """Keep an initialisation section; returns the name of its file. Raises NoRoom."""
        name = f"init-{hashlib.sha256(data).hexdigest()[:16]}.mp4"
        if name not in self._inits:
            coming = self.folder / f"{PART}{name}"
            self.room.take(len(data))
            try:
                coming.write_bytes(data)
            except OSError:
                coming.unlink()
                self.room.give(len(data))
                raise
            coming.rename(self.folder / name)
            self._inits[name] = len(data)
        return name

    def shift(self, run: int, by_s: float) -> None:
        """Move the estimated pieces of a run in time."""
        self.entries = shifted(self.entries, run, by_s)
        self._append(shift_line(run, by_s))

    def is_kept(self, entry: Entry) -> bool:
        """Whether a piece stays beyond the ring."""
        return any(kept.holds(entry) for kept in self.kept)

    def first(self, *, kept: bool) -> Entry | None:
        """The oldest piece that is kept, or is not."""
        return next((entry for entry in self.entries if self.is_kept(entry) == kept), None)

    def remove(self, gone: Iterable[Entry]) -> None:
        """Remove pieces, and the initialisation sections that nothing needs any more."""
        numbers = set()
        for entry in gone:
            (self.folder / entry.file).unlink(missing_ok=True)
            self.room.give(entry.bytes)
            numbers.add(entry.n)
        self.entries = [entry for entry in self.entries if entry.n not in numbers]
        wanted = {entry.init for entry in self.entries}
        # The newest one may be needed by a piece that is still coming.
        for name in [name for name in list(self._inits)[:-1] if name not in wanted]:
            (self.folder / name).unlink(missing_ok=True)
            self.room.give(self._inits.pop(name))
        if self._lines > 2 * len(self.entries) + SPENT_LINES:
            self._rewrite()

    def expire(self, now: float, most_s: float) -> None:
        """Remove what is older than the ring is long, by the stream's clock and by ours."""
        if not self.entries:
            return
        newest = self.entries[-1].ends_at
        self.remove(
            [e for e in self.entries if (newest - e.at > most_s or now - e.got > most_s) and not self.is_kept(e)]
        )

    def discard(self) -> None:
        """Remove everything, the folder included."""
        self.room.give(self.size_bytes)
        for path in self.folder.iterdir():
            path.unlink()
        self.folder.rmdir()
        self.entries, self._inits, self._index_bytes = [], {}, 0

    def _append(self, line: bytes) -> None:
        # Counted after the fact, because what it describes lies there already; the cap's margin is for this.
        try:
            with (self.folder / FILE).open("ab") as file:
                file.write(line)
        finally:
            self._count_index()
        self._lines += 1

    def _rewrite(self) -> None:
        """Leave out what is gone; on a full disk the index stays as it is, for it says the same."""
        coming = self.folder / f"{PART}index"
        try:
            coming.write_bytes(b"".join(line_of(entry) for entry in self.entries))
            coming.rename(self.folder / FILE)
        except OSError:
            coming.unlink(missing_ok=True)
        self._lines = len(self.entries)
        self._count_index()

    def _count_index(self) -> None:
        path = self.folder / FILE
        now = path.stat().st_size if path.exists() else 0
        self.room.hold(now - self._index_bytes)
        self._index_bytes = now

    def _clear_up(self) -> None:
        named = {entry.file for entry in self.entries} | set(self._inits) | {FILE}
        for path in self.folder.iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)
