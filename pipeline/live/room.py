"""The disk that all recordings share: a cap that holds at every moment, also while a piece is still coming in."""

import errno
from collections.abc import Callable

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
MARGIN = 1 << 20

Evict = Callable[[], bool]
"""Removes what may go first of all recordings, and gives its bytes back; False when there is nothing left."""


class NoRoom(Exception):
    """The cap is reached and nothing is left to remove."""


class Room:
    """Bytes in use, `used`, which stay below the cap that it is made with."""

    def __init__(self, most_bytes: int) -> None:
        # The margin is for indices, which are counted once they are written.
        self.most_bytes = most_bytes - min(most_bytes // 50, MARGIN)
        self.used = 0
        self.evict: Evict = lambda: False

    def take(self, count: int) -> None:
        """Reserve bytes before they are written, by removing older ones if need be. Raises NoRoom."""
        while self.used + count > self.most_bytes:
            if not self.evict():
                raise NoRoom
        self.used += count

    def give(self, count: int) -> None:
        """Bytes that are gone again."""
        self.used -= count

    def hold(self, count: int) -> None:
        """Count bytes that lie there already."""
        self.used += count
