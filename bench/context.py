"""What a bench is given, and how it says that it can't run here."""

import importlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from bench.rows import Row

CHECKOUT = Path(__file__).resolve().parent.parent


class Skipped(Exception):
    """A bench can't run on this machine; the message says why and is printed."""


def find_media() -> Path | None:
    """The folder of real footage: `CLIPNET_MEDIA`, else `shared/media` beside the checkout, else None."""
    named = os.environ.get("CLIPNET_MEDIA")
    folder = Path(named) if named else CHECKOUT.parent / "shared" / "media"
    return folder if folder.is_dir() else None


@dataclass(slots=True)
class BenchContext:
    """What one bench may use.

    Attributes:
        scratch: an empty folder of this bench alone, removed after it.
        quick: measure less, for a first impression; such rows are not recorded.
        media: the folder of real footage, None where absent.
        notes: what a reader of the figures should know; see `note`.
    """

    scratch: Path
    quick: bool = False
    media: Path | None = None
    notes: list[str] = field(default_factory=list)

    def footage(self, name: str) -> Path:
        """A file of the media folder.

        Raises:
            Skipped: it isn't there.
        """
        if self.media is None:
            raise Skipped("needs the folder of real footage (set CLIPNET_MEDIA)")
        path = self.media / name
        if not path.is_file():
            raise Skipped(f"needs {name} in the folder of real footage")
        return path

    def peer(self, module: str) -> ModuleType:
        """A library to compare with, which users don't install.

        Raises:
            Skipped: it isn't installed.
        """
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError:
            raise Skipped(f"needs the peer {module} (pip install {module})") from None

    def note(self, text: str) -> None:
        """Keep a remark that is printed and recorded with the rows."""
        self.notes.append(text)


Bench = Callable[[BenchContext], Awaitable[list[Row]] | list[Row]]
