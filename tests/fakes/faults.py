"""What can go wrong between a client and a platform, scripted per route."""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """A way to fail. All but the last three do nothing; `lost` does it and loses the answer, `denied` denies it."""

    TOO_MANY = "429"
    BANNED = "429 of the network in front, which knows nothing of the platform's ways"
    HTML_503 = "html 503"
    SERVER_ERROR = "500"
    DROP = "drop the connection"
    SLOW = "answer late"
    LOST = "done, but the answer is lost"
    DENIED = "done, but the answer is an html 503"


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault to come. `after_s`: Retry-After of either 429, or how late a slow answer is, in the fake's seconds."""

    fault: Fault
    after_s: float = 1.0


@dataclass(slots=True)
class Faults:
    """Faults by route, used up in the order in which they were planned."""

    _by_route: dict[str, deque[Planned]] = field(default_factory=dict)

    def plan(self, route: str, fault: Fault, *, times: int = 1, after_s: float = 1.0) -> None:
        """Let the next `times` requests on `route` (`POST /channels/{channel}/messages`; `*` for any) fail that way."""
        self._by_route.setdefault(route, deque()).extend([Planned(fault, after_s)] * times)

    @property
    def routes(self) -> set[str]:
        """Where faults were planned."""
        return set(self._by_route)

    def take(self, route: str) -> Planned | None:
        """The fault that the request at hand meets, if any."""
        for name in (route, "*"):
            if waiting := self._by_route.get(name):
                return waiting.popleft()
        return None
