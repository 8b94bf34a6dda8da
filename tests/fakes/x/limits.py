"""How often an endpoint may be asked: windows of 15 minutes and caps of a day, by the fake's clock."""

from dataclasses import dataclass, field
from math import ceil

from clipnet.clock import Clock
from tests.fakes.server import Refusal
from tests.fakes.x.problems import problem

WINDOW_S = 15 * 60
DAY_S = 24 * 3600


@dataclass(slots=True)
class Limit:
    """Requests in a window for one account and for the app's own bearer; `app_daily` for all accounts together."""

    user: int = 0
    app: int = 0
    app_daily: int = 0


def documented() -> dict[str, Limit]:
    """The limits by route."""
    return {
        "GET /2/users/me": Limit(user=75),
        "GET /2/users/{id}": Limit(user=900, app=300),
        "GET /2/users/by/username/{username}": Limit(user=900, app=300),
        "GET /2/users/{id}/mentions": Limit(user=300, app=450),
        "GET /2/users/{id}/tweets": Limit(user=900, app=10_000),
        "GET /2/tweets": Limit(user=5000, app=3500),
        "GET /2/tweets/{id}": Limit(user=900, app=450),
        "GET /2/tweets/search/recent": Limit(user=300, app=450),
        "POST /2/tweets": Limit(user=100, app_daily=10_000),
        "DELETE /2/tweets/{id}": Limit(user=50),
        "GET /2/media/upload": Limit(user=1000, app_daily=100_000),
        "POST /2/media/upload/initialize": Limit(user=1875, app_daily=180_000),
        "POST /2/media/upload/{id}/append": Limit(user=1875, app_daily=180_000),
        "POST /2/media/upload/{id}/finalize": Limit(user=1875, app_daily=180_000),
        "GET /2/webhooks": Limit(app=450),
        "POST /2/webhooks": Limit(app=450),
        "PUT /2/webhooks/{id}": Limit(app=450),
        "DELETE /2/webhooks/{id}": Limit(app=450),
        "POST /2/account_activity/webhooks/{id}/subscriptions/all": Limit(user=500),
        "POST /2/activity/subscriptions": Limit(user=500, app=500),
    }


@dataclass(slots=True)
class _Window:
    limit: int
    ends_s: float
    used: int = 0
    refused: bool = False


@dataclass(slots=True)
class Limits:
    """The windows in use. `by_route` may be changed by a test before the first request."""

    clock: Clock
    by_route: dict[str, Limit] = field(default_factory=documented)
    _windows: dict[tuple[str, str], _Window] = field(default_factory=dict)

    def count(self, route: str, user_id: str | None) -> dict[str, str]:
        """Count one request of an account (or, for None, of the app); returns the headers of its answer.

        Raises:
            Refusal: 429; asking on in a window that was refused before counts as a violation.
        """
        limit = self.by_route[route]
        window = self._window(route, user_id or "app", limit.user if user_id else limit.app, WINDOW_S)
        headers = self._spend(window, "x-rate-limit-")
        if limit.app_daily:
            headers |= self._spend(self._window(route, "day", limit.app_daily, DAY_S), "x-app-limit-24hour-", headers)
        return headers

    def _window(self, route: str, whose: str, limit: int, length_s: float) -> _Window:
        now_s = self.clock.now().timestamp()
        window = self._windows.get((route, whose))
        if window is None or window.ends_s <= now_s:
            window = self._windows[route, whose] = _Window(limit, ceil(now_s + length_s))
        return window

    def _spend(self, window: _Window, prefix: str, before: dict[str, str] | None = None) -> dict[str, str]:
        over = window.used >= window.limit
        window.used += not over
        headers = (before or {}) | {
            f"{prefix}limit": str(window.limit),
            f"{prefix}remaining": str(window.limit - window.used),
            f"{prefix}reset": str(int(window.ends_s)),
        }
        if over:
            again, window.refused = window.refused, True
            raise self.too_many(headers, "asked again before the reset that it was told" if again else "")
        return headers

    @staticmethod
    def too_many(headers: dict[str, str], violation: str = "") -> Refusal:
        """The 429 of X, which has no Retry-After."""
        refusal = problem(429, "Too Many Requests", "Too Many Requests", violation=violation)
        refusal.headers = refusal.headers | headers
        return refusal
