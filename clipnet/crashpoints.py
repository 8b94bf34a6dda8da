"""Named places where a test kills the process, to show that nothing is lost there. In production they do nothing."""

import os
import signal
from dataclasses import dataclass

from clipnet.errors import Misconfigured

VARIABLE = "CLIPNET_CRASH_AT"
"""Name of the point to die at, or `name:n` for the n-th time it is passed."""

POINTS: dict[str, "CrashPoint"] = {}
"""Every point there is, by name; filled as the modules that declare them are imported."""


@dataclass(slots=True)
class CrashPoint:
    """One place; calling it is a no-op unless the process was told to die there.

    Attributes:
        name: `room.where`.
        danger: what is half done at this place.
        countdown: passes left until the process dies; 0 means never.
    """

    name: str
    danger: str = ""
    countdown: int = 0

    def __call__(self) -> None:
        if self.countdown:
            self.countdown -= 1
            if not self.countdown:
                os.kill(os.getpid(), signal.SIGKILL)


def crash_point(name: str, danger: str = "") -> CrashPoint:
    """Declare a point, at module level. Raises `ValueError` when the name is taken."""
    if name in POINTS:
        raise ValueError(f"two crash points are called {name}")
    wanted, _, nth = os.environ.get(VARIABLE, "").partition(":")
    POINTS[name] = CrashPoint(name, danger, int(nth or 1) if wanted == name else 0)
    return POINTS[name]


def guard(env: str) -> None:
    """Refuse to start in an environment that people depend on. Raises `Misconfigured`."""
    if os.environ.get(VARIABLE) and env in ("staging", "production"):
        raise Misconfigured(f"{VARIABLE} is for tests only and is refused in {env}.", hint=f"Unset {VARIABLE}.")
