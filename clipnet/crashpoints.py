"""Named places where a test may kill the process, so that what follows from a crash there can be looked at.

`CLIPNET_CRASH_AT=name` kills at the first visit, `CLIPNET_CRASH_AT=name:3` at the third. Only in dev and test: the
settings of staging and production refuse the variable, and nothing is armed there either.
"""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

VARIABLE: Final = "CLIPNET_CRASH_AT"
_SAFE: Final = frozenset({"dev", "test"})


@dataclass(slots=True)
class CrashPoint:
    """One place; calling it does nothing unless it is armed."""

    name: str
    visits_left: int = 0
    """How many visits until the kill; 0: never."""

    def __call__(self) -> None:
        if self.visits_left:
            self.visits_left -= 1
            if not self.visits_left:
                os.kill(os.getpid(), signal.SIGKILL)


POINTS: Final[dict[str, CrashPoint]] = {}
"""Every point of the modules imported so far, by name; tests walk it, so that a new step can't be forgotten."""


def crash_point(name: str) -> CrashPoint:
    """Declare a point, once, at module level. Raises ValueError when the name is taken."""
    if name in POINTS:
        raise ValueError(f"there are two crash points {name!r}")
    point = POINTS[name] = CrashPoint(name, armed_for(name, os.environ))
    return point


def armed_for(name: str, environ: Mapping[str, str]) -> int:
    """At which visit the point kills under these variables; 0: never."""
    wanted, _, visit = environ.get(VARIABLE, "").partition(":")
    if wanted != name or environ.get("ENV") not in _SAFE:
        return 0
    return int(visit or 1)
