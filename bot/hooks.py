"""Events that a platform sends by HTTP: verified first, written down, acknowledged, and handled after that."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from clipnet.errors import BadInput
from clipnet.texts import text

Shape = TypeVar("Shape", bound=BaseModel)
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading raises where something is of another kind, or missing, or too much."""


@dataclass(frozen=True, slots=True)
class Knock:
    """A request at `/hooks/{platform}` as it arrived. Header names are lower case; `body` is raw."""

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A genuine event. `event_id` is the platform's; the same id twice is kept once.

    Attributes:
        lane: what has to stay in order (a channel, a conversation); deliveries of one lane are handled one after
            another, those of different lanes side by side. Left out, all of the platform's are one lane.
    """

    event_id: str
    kind: str
    body: dict[str, Any]
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the platform is answered; a delivery is committed to the ledger before this is sent."""

    status: int = 204
    body: bytes = b""
    content_type: str = "text/plain"
    delivery: Delivery | None = None


class Hook(Protocol):
    """One platform's way of knocking."""

    platform: str

    def open(self, knock: Knock) -> Acknowledgement:
        """Verify and read; touches nothing but memory.

        A bad signature or a stale time is an acknowledgement of 4xx without a delivery.

        Raises:
            BadInput: the body is none that the platform sends (`shaped`).
        """
        ...

    async def handle(self, delivery: Delivery) -> None:
        """Act on a delivery that was written down; called at least once for each, in order within its lane.

        A delivery that fails holds its lane. What is raised decides: `Unavailable` is tried again for a quarter of an
        hour (`retry_after_s` honoured), any other `ClipNetError` is given up at once, whatever else after a few
        tries with back-off. It has `bot.drain.HANDLE_S` seconds.
        """
        ...


def shaped(shape: type[Shape], body: bytes) -> tuple[Shape, dict[str, Any]]:
    """What a platform says, in the shape that is expected of it, and all of it. Raises `BadInput` for anything else."""
    try:
        whole = from_json(body, allow_inf_nan=False)
        return shape.model_validate(whole), whole
    except (ValidationError, ValueError):
        raise BadInput(text("This can't be read.")) from None


@contextmanager
def legible() -> Iterator[None]:
    """A block that only reads what a platform said. Raises `BadInput` for what can't be read, now or ever."""
    try:
        yield
    except UNREADABLE as error:
        raise BadInput(text("This can't be read.")) from error
