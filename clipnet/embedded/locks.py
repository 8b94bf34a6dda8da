"""File locks between processes: the kernel releases them when their holder ends, however it ends."""

import fcntl
import os
import time
from pathlib import Path

from clipnet.errors import Unavailable


class FileLock:
    """One open lock file; several readers or one writer (flock)."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def share(self, *, timeout_s: float) -> None:
        """Take a share, waiting for a writer to leave. Raises `Unavailable` after `timeout_s`."""
        self._within(fcntl.LOCK_SH, timeout_s)

    def take(self, *, timeout_s: float) -> None:
        """Take it alone. Raises `Unavailable` after `timeout_s`."""
        self._within(fcntl.LOCK_EX, timeout_s)

    def try_take(self) -> bool:
        """Take it alone if nobody else holds it. A share that was held is lost when this fails."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def take_whenever(self) -> None:
        """Take it alone, however long that lasts."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def release(self) -> None:
        """Let others have it."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release and close the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _within(self, kind: int, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Unavailable(
                        "Another ClipNet process holds the embedded services.", hint=f"It keeps {self.path} locked."
                    ) from None
                time.sleep(0.01)
            else:
                return
