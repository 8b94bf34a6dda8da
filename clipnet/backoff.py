"""When a failed job is tried again."""

import random

from clipnet.errors import ClipNetError, Unavailable

BASE_S = 2.0
CAP_S = 600.0


def permanent(error: BaseException) -> bool:
    """Whether trying again can't help."""
    return isinstance(error, ClipNetError) and not isinstance(error, Unavailable)


def delay_s(error: BaseException, attempt: int, *, base_s: float = BASE_S, cap_s: float = CAP_S) -> float:
    """Seconds until the try after `attempt` (from 1): what the other side asks for, else doubling with jitter."""
    if isinstance(error, Unavailable) and error.retry_after_s is not None:
        return max(error.retry_after_s, 0.0)
    return min(cap_s, base_s * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.5)
