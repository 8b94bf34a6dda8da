"""An interaction as the person who caused it sees it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.fakes.discord.messages import Message
from tests.fakes.discord.people import Channel, Member, User, Wire
from tests.fakes.discord.pulse import Pulse
from tests.fakes.server import PATIENCE_S

Found = TypeVar("Found")

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5

FIRST_RESPONSE = timedelta(seconds=3)
TOKEN_LIFE = timedelta(minutes=15)


@dataclass(slots=True, eq=False)
class InteractionHandle:
    """What came of one slash command, button, menu or form.

    Attributes:
        kind: 2 command, 3 component, 4 autocomplete, 5 modal submit.
        source: the message whose component was used.
        callback: type of the first response, None while there is none.
        latency_s: seconds to it by the fake's clock; `real_latency_s` by the machine's.
        messages: what the interaction was answered with, the original first.
        modal: the form that popped up; `choices`: what autocomplete offered.
        failed: why it went wrong at the platform (“no endpoint listens”), else empty.
        http_status: what the endpoint answered when it was delivered by HTTP.
    """

    id: str
    token: str
    kind: int
    user: User
    channel: Channel
    created_at: datetime
    created_s: float
    pulse: Pulse
    member: Member | None = None
    payload: Wire = field(default_factory=dict)
    source: Message | None = None
    callback: int | None = None
    callback_data: Wire = field(default_factory=dict)
    latency_s: float | None = None
    real_latency_s: float | None = None
    messages: list[Message] = field(default_factory=list)
    original: Message | None = None
    modal: Wire | None = None
    choices: list[Any] | None = None
    failed: str = ""
    http_status: int | None = None

    def expired(self, now: datetime) -> bool:
        """The token is no longer good: unanswered for 3 seconds, or 15 minutes old."""
        return now - self.created_at >= (FIRST_RESPONSE if self.callback is None else TOKEN_LIFE)

    @property
    def deferred(self) -> bool:
        """It was acknowledged without an answer (5, 6)."""
        return self.callback in (5, 6)

    @property
    def ephemeral(self) -> list[Message]:
        """The answers that only the person sees."""
        return [one for one in self.messages if one.ephemeral]

    @property
    def text(self) -> str:
        """Everything that the answers show now."""
        return "\n".join(one.text for one in self.messages if one.deleted_at is None and not one.loading)

    async def wait_for(
        self, look: Callable[["InteractionHandle"], Found | None], timeout_s: float = PATIENCE_S
    ) -> Found:
        """What `look` finds in this handle, once it finds something.

        Raises:
            TimeoutError: after `timeout_s` seconds of the machine.
        """
        return await self.pulse.until(lambda: look(self), timeout_s, f"interaction {self.payload.get('data')}")

    async def acknowledged(self, timeout_s: float = PATIENCE_S) -> int:
        """The type of the first response, waited for."""
        return await self.wait_for(lambda one: one.callback or 0, timeout_s)

    async def answered(self, timeout_s: float = PATIENCE_S) -> Message:
        """The first real answer (a deferral is none), waited for."""
        return await self.wait_for(_first_answer, timeout_s)

    async def says(self, words: str, timeout_s: float = PATIENCE_S) -> Message:
        """The answer that shows these words, waited for."""
        return await self.wait_for(lambda one: next((m for m in one.messages if words in m.text), None), timeout_s)


def _first_answer(handle: InteractionHandle) -> Message | None:
    return next((one for one in handle.messages if not one.loading), None)
