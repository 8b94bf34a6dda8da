"""What X lets us ask: learned from its answers, respected before the next question, shown in `health`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from clipnet.clock import Clock
from clipnet.errors import Unavailable
from clipnet.texts import text

_NUMBER = re.compile(r"(?<=.)/\d+(?=/|$)")
MENTIONS: Final = "GET /2/users/{id}/mentions"
POSTS: Final = "POST /2/tweets"
SHOWN: Final = {MENTIONS: "looks for mentions", POSTS: "posts", "GET /2/tweets": "posts looked up"}
"""Routes that `health` tells of, by the name it gives them."""
_WINDOWS: Final = {
    "x-rate-limit-": "",
    "x-app-limit-24hour-": " today",
    "x-user-limit-24hour-": " today by this account",
}
_BLIND_S: Final = 60.0
"""How long a route rests after a refusal that doesn't say when it ends."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is left of a limit until `ends_at` (Unix seconds)."""

    limit: int
    left: int
    ends_at: float


class Limits:
    """The windows by route and kind. It outlives a client, so that a restart asks no sooner."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], Window] = {}

    def check(self, route: str) -> None:
        """Let a request through. Raises `Unavailable` while X would refuse it."""
        now_s = self._clock.now().timestamp()
        for kind in _WINDOWS:
            window = self._windows.get((route, kind))
            if window is not None and window.left <= 0 and window.ends_at > now_s:
                raise exhausted(window.ends_at - now_s)

    def learn(self, route: str, status: int, headers: Mapping[str, str]) -> None:
        """Take note of an answer. X sends no Retry-After; a 429 without any header rests the route a while."""
        told = False
        for prefix in _WINDOWS:
            window = _read(headers, prefix)
            if window is not None:
                told = told or window.left <= 0
                self._windows[route, prefix] = window
        if status == 429 and not told:
            self._windows[route, "x-rate-limit-"] = Window(0, 0, self._clock.now().timestamp() + _BLIND_S)

    def told(self, route: str) -> dict[str, Window]:
        """What X said last of a route, by kind of window."""
        return {kind: window for (name, kind), window in self._windows.items() if name == route}

    def hear(self, route: str, windows: Mapping[str, Window]) -> None:
        """Take over what another process was told of a route, where it is news."""
        for kind, window in windows.items():
            mine = self._windows.get((route, kind))
            if mine is None or (window.ends_at, -window.left) > (mine.ends_at, -mine.left):
                self._windows[route, kind] = window

    def rest_s(self, route: str) -> float:
        """Seconds until the route may be asked again."""
        now_s = self._clock.now().timestamp()
        spent = [w.ends_at - now_s for (name, _), w in self._windows.items() if name == route and w.left <= 0]
        return max([0.0, *spent])

    def pace_s(self, route: str) -> float:
        """Seconds between two requests with which what is left lasts until the window ends."""
        window = self._windows.get((route, "x-rate-limit-"))
        if window is None:
            return 0.0
        left_s = window.ends_at - self._clock.now().timestamp()
        return max(0.0, left_s / max(1, window.left))

    def shown(self) -> dict[str, str]:
        """For `health`: what is left, by name."""
        now_s = self._clock.now().timestamp()
        found: dict[str, str] = {}
        for (route, kind), window in sorted(self._windows.items()):
            if route in SHOWN and window.ends_at > now_s:
                ends = f"{window.ends_at - now_s:.0f} s"
                found[SHOWN[route] + _WINDOWS[kind]] = f"{window.left} of {window.limit} for the next {ends}"
        return found


def route_of(method: str, path: str) -> str:
    """The route that X counts a request on: ids replaced."""
    return f"{method} {_NUMBER.sub('/{id}', path)}"


def exhausted(wait_s: float) -> Unavailable:
    """X would refuse now."""
    return Unavailable(text("X accepts no more requests from ClipNet for now."), retry_after_s=max(1.0, wait_s))


def _read(headers: Mapping[str, str], prefix: str) -> Window | None:
    try:
        return Window(*(int(headers[f"{prefix}{name}"]) for name in ("limit", "remaining", "reset")))
    except (KeyError, ValueError):
        return None
