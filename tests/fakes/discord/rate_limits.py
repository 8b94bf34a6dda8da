"""Discord's windows: one bucket per route and channel (guild, webhook), and one for everything a bot asks."""

import hashlib
from dataclasses import dataclass

from clipnet.clock import Clock
from tests.fakes.discord.errors import rate_limited

DEFAULTS: dict[str, tuple[int, float]] = {
    "POST /channels/{channel}/messages": (5, 5.0),
    "PATCH /channels/{channel}/messages/{message}": (5, 5.0),
    "DELETE /channels/{channel}/messages/{message}": (5, 1.0),
    "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (4, 1.0),
    "POST /webhooks/{application}/{token}": (5, 2.0),
    "PATCH /webhooks/{application}/{token}/messages/{message}": (5, 2.0),
}
"""Requests and seconds, by method and path below /api/v10."""


@dataclass(slots=True)
class _Window:
    opened_s: float
    used: int = 0


class RateLimits:
    """Windows on the fake's clock: with a clock that stands still, nothing becomes free again.

    Attributes:
        by_route: the limits; change them as a test needs.
        everything: requests a second that the bot may make in all.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.by_route = dict(DEFAULTS)
        self.everything = 50
        self._windows: dict[tuple[str, str], _Window] = {}

    def off(self) -> None:
        """No limits from here on, for tests that send much while their clock stands still."""
        self.by_route = {}
        self.everything = 1_000_000_000

    def count_all(self) -> None:
        """One more request by the bot.

        Raises:
            Refusal: a global 429.
        """
        wait_s, _ = self._take(("", ""), self.everything, 1.0)
        if wait_s:
            raise rate_limited(wait_s, everywhere=True)

    def count(self, route: str, major: str) -> dict[str, str]:
        """One more request on a route; the headers that its answer carries.

        Raises:
            Refusal: 429, with the same headers.
        """
        if route not in self.by_route:
            return {}
        most, per_s = self.by_route[route]
        wait_s, window = self._take((route, major), most, per_s)
        left_s = max(0.0, window.opened_s + per_s - self._clock.monotonic_s())
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(0, most - window.used)),
            "X-RateLimit-Reset": f"{self._clock.now().timestamp() + left_s:.3f}",
            "X-RateLimit-Reset-After": f"{left_s:.3f}",
            "X-RateLimit-Bucket": hashlib.md5(route.encode(), usedforsecurity=False).hexdigest(),
        }
        if wait_s:
            refusal = rate_limited(wait_s)
            refusal.headers |= headers
            raise refusal
        return headers

    def _take(self, key: tuple[str, str], most: int, per_s: float) -> tuple[float, _Window]:
        """Seconds to wait (0: it fits) and the window."""
        now_s = self._clock.monotonic_s()
        window = self._windows.get(key)
        if window is None or now_s >= window.opened_s + per_s:
            window = self._windows[key] = _Window(now_s)
        if window.used >= most:
            return max(0.001, window.opened_s + per_s - now_s), window
        window.used += 1
        return 0.0, window
