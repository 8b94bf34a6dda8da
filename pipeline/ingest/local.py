"""Takes in a file that lies on this machine."""

import asyncio
import errno
import os
import stat
from pathlib import Path

from clipnet.errors import BadInput
from clipnet.texts import text
from pipeline.ingest.writing import new_file, too_large
from pipeline.media.runner import Progress

CHUNK = 4 << 20


async def copy_local(origin: Path, into: Path, most_bytes: int, *, progress: Progress | None = None) -> tuple[str, int]:
    """Copies a regular file to the new file `into`; returns its SHA-256 and size in bytes.

    Raises BadInput when it isn't one, is a link, or is too large; DiskFull when there is no room.
    """
    handle = _opened(origin)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise BadInput(text("This is not a file."), hint=text("Give the path of one video file."))
        if status.st_size == 0:
            raise BadInput(text("The file is empty."), hint=text("Export it again."))
        if status.st_size > most_bytes:
            raise too_large(most_bytes)
        with new_file(into, most_bytes) as file:
            while data := await asyncio.to_thread(os.read, handle, CHUNK):
                await asyncio.to_thread(file.write, data)
                if progress is not None:
                    progress(min(file.bytes / status.st_size, 1.0))
            return file.sha256, file.bytes
    finally:
        os.close(handle)


def _opened(origin: Path) -> int:
    try:
        return os.open(origin, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise _sentence(error) from None


def _sentence(error: OSError) -> BadInput:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR | errno.ENAMETOOLONG:
            return BadInput(text("There is no such file."), hint=text("Check the path and the spelling."))
        case errno.EACCES | errno.EPERM:
            return BadInput(
                text("This file may not be read."), hint=text("Change its permissions, or copy it elsewhere.")
            )
        case errno.ELOOP:
            return BadInput(
                text("This is a link, not a file."), hint=text("Give the path of the file that it leads to.")
            )
    return BadInput(text("The file could not be opened."), hint=text("Check that it can be read."))
