"""What every store can do."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.storage.keys import Kind

__all__ = ["Kind", "Storage", "Stored"]


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store."""

    key: str
    sha256: str
    bytes: int


class Storage(Protocol):
    """A store of one environment. Every method that takes a key raises NotAllowed for what isn't one of its folder.

    Attributes:
        folder: what each key begins with.
    """

    folder: str

    async def put(
        self, path: Path, kind: Kind, suffix: str, *, sha256: str | None = None, move: bool = False
    ) -> Stored:
        """Keep a file under the hash of its content; what is there already is left as it is.

        Args:
            path: the file, on this machine.
            kind: what it is.
            suffix: `.mp4` and the like.
            sha256: of the content, where the caller knows it; it is believed.
            move: whether the store may take the file away instead of copying it.

        Raises:
            DiskFull: there is no room; nothing of it is left.
            Unavailable: the store is away.
        """

    async def at_hand(self, key: str, scratch: Path) -> Path:
        """The file on this machine, for reading only: in place where the store is local, else fetched into `scratch`.

        Raises:
            NotFound: there is no such file.
        """

    async def fetch(self, key: str, into: Path) -> None:
        """Copy the file to the new file `into`. Raises NotFound, or DiskFull."""

    def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to before `end`, in pieces. Raises NotFound when the first is asked for."""

    async def size(self, key: str) -> int | None:
        """How many bytes it has; None when there is no such file."""

    async def url(self, key: str) -> str:
        """Where it can be read from."""

    async def delete(self, key: str) -> bool:
        """Remove it; False when it wasn't there."""
