"""What an adapter is to the process that runs it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from bot.hooks import Hook

AdapterState = Literal["off", "starting", "running", "waiting", "failed"]


@dataclass(slots=True)
class AdapterStatus:
    """How an adapter is, for `health`. `note` says what is wrong and what to do; never a secret.

    Attributes:
        limits: what is left of the platform's budgets, by name (`identifies today: 3 of 1000`).
    """

    state: AdapterState = "off"
    since: datetime | None = None
    note: str = ""
    restarts: int = 0
    limits: dict[str, str] = field(default_factory=dict)


class Adapter(Protocol):
    """Listens on one platform and hands invocations to the router. Its failure is its own."""

    platform: str
    status: AdapterStatus

    async def run(self) -> None:
        """Listen until cancelled.

        Sets `status.state` to `running` once events arrive. Raises whatever broke it: the supervisor starts it again
        after a back-off. `Misconfigured` and `NotAllowed` are not tried again until the settings change.
        """
        ...


@dataclass(frozen=True, slots=True)
class Presence:
    """What a platform brings into the api: who listens there, and who is knocked at; they may share a client.

    Attributes:
        lacks: what has to be set before it can run, when it has no credentials (`DISCORD_TOKEN is not set`).
    """

    adapter: Adapter | None = None
    hook: Hook | None = None
    lacks: str = ""
