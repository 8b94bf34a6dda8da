"""When a failed job is tried again, and a lost connection."""

import random
import time
from collections.abc import Callable

from clipnet.errors import ClipNetError, Unavailable

BASE_S = 2.0
CAP_S = 600.0
CONNECTION_CAP_S = 10.0
AFRESH_S = 60.0


def permanent(error: BaseException) -> bool:
    """Whether trying again can't help."""
    return isinstance(error, ClipNetError) and not isinstance(error, Unavailable)


def delay_s(error: BaseException, attempt: int, *, base_s: float = BASE_S, cap_s: float = CAP_S) -> float:
    """Seconds until the try after `attempt` (from 1): what the other side asks for, else doubling with jitter."""
    if isinstance(error, Unavailable) and error.retry_after_s is not None:
        return max(error.retry_after_s, 0.0)
    return min(cap_s, base_s * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.5)


class Reconnecting:
    """How long a lost connection waits before each try: what is said meanwhile nobody hears, so 15 s at most.

    After `AFRESH_S` without a try the next one is the first of another loss.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._tries = 0
        self._last_s = 0.0

    def next_s(self) -> float:
        """Seconds until the next try."""
        now_s = self._now_s()
        self._tries = 1 if now_s - self._last_s >= AFRESH_S else self._tries + 1
        self._last_s = now_s
        return delay_s(ConnectionError(), self._tries, base_s=1.0, cap_s=CONNECTION_CAP_S)
