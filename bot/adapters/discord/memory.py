"""What was just found out, kept for a while and never more than so much of it."""

from collections.abc import Hashable
from typing import Generic, TypeVar

from clipnet.clock import Clock

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """Remembers the `most` newest values, each for `life_s` seconds."""

    def __init__(self, clock: Clock, *, most: int, life_s: float) -> None:
        self._clock = clock
        self._most = most
        self._life_s = life_s
        self._kept: dict[Key, tuple[float, Value]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Value | None:
        """What was kept, unless that is too long ago."""
        until_s, value = self._kept.get(key, (0.0, None))
        return value if until_s > self._clock.monotonic_s() else None

    def put(self, key: Key, value: Value) -> None:
        """Keep it; the oldest goes where there is no room."""
        self._kept.pop(key, None)
        if len(self._kept) >= self._most:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (self._clock.monotonic_s() + self._life_s, value)
