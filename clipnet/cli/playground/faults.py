"""Things that go wrong, at a platform or with ClipNet itself, one button each, to see how it copes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from clipnet.cli.playground.platforms import Platforms
from clipnet.errors import BadInput, Unavailable
from clipnet.settings import Role
from tests.fakes.faults import Fault

AFTER_S: Final = 5.0
"""What a 429 asks to wait."""
SENDING: Final = {
    "discord": ("POST /api/v10/channels/{channel}/messages", "PATCH /api/v10/channels/{channel}/messages/{message}"),
    "twitch": ("POST /helix/chat/messages",),
    "x": ("POST /2/tweets",),
}
"""Where an answer can be lost after what was asked is done."""
Running = dict[Role, asyncio.subprocess.Process]
"""The processes of ClipNet that run now."""


class Trouble(BaseModel):
    """Which trouble befalls which platform or process."""

    model_config = ConfigDict(extra="forbid")

    where: Literal["discord", "twitch", "x", "api", "worker"]
    kind: Literal["429", "503", "drop", "lost", "kill"]


class Troubles:
    """Brings trouble."""

    def __init__(self, platforms: Platforms, running: Running) -> None:
        self._platforms = platforms
        self._running = running

    async def bring(self, trouble: Trouble) -> dict[str, str]:
        """Plan the trouble for the next request of its kind, or bring it now; says what happens.

        Raises:
            BadInput: that can't happen there.
            Unavailable: the process isn't running.
        """
        if (trouble.where in ("api", "worker")) != (trouble.kind == "kill"):
            raise BadInput(f"That can't happen to {trouble.where}.")
        if trouble.where == "api" or trouble.where == "worker":
            return self._kill(trouble.where)
        faults = self._platforms.all[trouble.where].faults
        match trouble.kind:
            case "429":
                faults.plan("*", Fault.TOO_MANY, after_s=AFTER_S)
                return {"told": f"The next request is answered with 429 and told to wait {AFTER_S:g} s."}
            case "503":
                faults.plan("*", Fault.HTML_503)
                return {"told": "The next request is answered with 503 and a page of HTML."}
            case "lost":
                for route in SENDING[trouble.where]:
                    faults.plan(route, Fault.LOST)
                return {"told": "The next message is sent, but the answer to it is lost."}
        cut = self._cuts().get(trouble.where)
        if cut is None:
            faults.plan("*", Fault.DROP)
            return {"told": "The next request is cut off."}
        await cut()
        return {"told": "The connection for events was cut."}

    def _kill(self, role: Role) -> dict[str, str]:
        child = self._running.get(role)
        if child is None or child.returncode is not None:
            raise Unavailable(f"The {role} isn't running.")
        child.kill()
        return {"told": f"The {role} was killed in the middle of what it did; it starts again by itself."}

    def _cuts(self) -> dict[str, Callable[[], Awaitable[None]]]:
        discord, twitch = self._platforms.discord, self._platforms.twitch

        async def gateway() -> None:
            discord.gateway.drop()

        async def sockets() -> None:
            twitch.sockets.drop()

        return {"discord": gateway, "twitch": sockets}
