"""Writes a new file while hashing it, and removes it again unless it becomes whole."""

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from clipnet.errors import BadInput
from clipnet.texts import text
from pipeline.media.errors import DiskFull

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class HashedFile:
    """An open new file; `bytes` written and their `sha256` so far. `most_bytes` is the cap."""

    def __init__(self, file: BinaryIO, most_bytes: int) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self._most_bytes = most_bytes
        self.bytes = 0

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes) -> None:
        """Raises BadInput past the cap and DiskFull when there is no room."""
        self.bytes += len(data)
        if self.bytes > self._most_bytes:
            raise too_large(self._most_bytes)
        self._hash.update(data)
        try:
            self._file.write(data)
        except OSError as error:
            raise _translated(error) from None


@contextmanager
def new_file(path: Path, most_bytes: int) -> Iterator[HashedFile]:
    """Creates `path` (it must not exist, nor be a link) for the block; a block that fails leaves no file."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            yield HashedFile(file, most_bytes)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in FULL:
            raise DiskFull from None
        raise


def too_large(most_bytes: int) -> BadInput:
    """The refusal of a file of more than `most_bytes`."""
    return BadInput(
        text("The file is too large: the limit is {most:.0f} MB.", most=most_bytes / 1e6),
        hint=text("Cut it, or export it with a lower bit rate."),
    )


def _translated(error: OSError) -> Exception:
    return DiskFull() if error.errno in FULL else error
