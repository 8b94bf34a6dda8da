"""EventSub's middle: subscriptions, and notifications on their way to a transport, with what can happen to them."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.fakes.twitch.core import Core


@dataclass(slots=True, eq=False)
class Subscription:
    """One subscription. `people` are those without whose consent it ends; `user_id` is the token's for websockets."""

    kind: str
    version: str
    condition: dict[str, str]
    transport: dict[str, str]
    created_at: str
    cost: int
    people: frozenset[str] = frozenset()
    user_id: str = ""
    status: str = "enabled"
    failures: int = 0
    id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def method(self) -> str:
        """`websocket` or `webhook`."""
        return self.transport["method"]

    @property
    def live(self) -> bool:
        """Whether it counts: enabled, or waiting for its callback's proof."""
        return self.status in {"enabled", "webhook_callback_verification_pending"}

    def shown(self) -> dict[str, Any]:
        """As Helix and every notification show it: without the secret."""
        return {
            "id": self.id,
            "status": self.status,
            "type": self.kind,
            "version": self.version,
            "condition": self.condition,
            "transport": {name: value for name, value in self.transport.items() if name != "secret"},
            "created_at": self.created_at,
            "cost": self.cost,
        }


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification for one subscription; sent again it keeps its id."""

    subscription: Subscription
    event: dict[str, Any]
    at: str
    id: str = field(default_factory=lambda: str(uuid4()))


Transport = Callable[[Notice], Awaitable[None]]
Farewell = Callable[[Subscription], Awaitable[None]]


class Bus:
    """Every subscription, and the scripted ways in which delivery is not once and in order."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.subscriptions: list[Subscription] = []
        self.sent: list[Notice] = []
        self.transports: dict[str, tuple[Transport, Farewell]] = {}
        self._twice = 0
        self._lost = 0
        self._held: list[Notice] = []
        self._to_hold = 0

    def duplicate(self, times: int = 1) -> None:
        """Send each of the next `times` notifications twice, under the same id."""
        self._twice += times

    def reorder(self, count: int) -> None:
        """Hold the next `count` notifications back, then send them last first."""
        self._to_hold = count

    def lose(self, times: int = 1) -> None:
        """Never send the next `times` notifications."""
        self._lost += times

    def matching(self, kind: str, facts: dict[str, str]) -> Iterator[Subscription]:
        """The enabled subscriptions of one type whose condition agrees with the facts."""
        for subscription in list(self.subscriptions):
            fits = all(subscription.condition.get(name) == value for name, value in facts.items())
            if fits and subscription.kind == kind and subscription.status == "enabled":
                yield subscription

    async def publish(self, kind: str, event: dict[str, Any], **facts: str) -> None:
        """Tell every matching subscription; websockets have it when this returns, webhooks are on their way."""
        for subscription in self.matching(kind, facts):
            await self._take(Notice(subscription, event, self._core.stamp()))

    async def again(self, notice: Notice) -> None:
        """Send a notification another time, as Twitch does when it is unsure."""
        await self._send(notice)

    async def revoke(self, subscription: Subscription, status: str) -> None:
        """End a subscription and say so to its owner."""
        subscription.status = status
        await self.transports[subscription.method][1](subscription)
        self._core.changed()

    async def _take(self, notice: Notice) -> None:
        if self._lost:
            self._lost -= 1
            return
        if self._to_hold:
            self._held.append(notice)
            self._to_hold -= 1
            if self._to_hold == 0:
                held, self._held = self._held[::-1], []
                for waiting in held:
                    await self._send(waiting)
            return
        await self._send(notice)
        if self._twice:
            self._twice -= 1
            await self._send(notice)

    async def _send(self, notice: Notice) -> None:
        self.sent.append(notice)
        await self.transports[notice.subscription.method][0](notice)
