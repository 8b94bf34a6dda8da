"""Things that go wrong at a platform, one button each, for whoever wants to see ClipNet cope."""

from collections.abc import Awaitable, Callable
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from clipnet.cli.playground.platforms import Platforms
from tests.fakes.faults import Fault

AFTER_S: Final = 5.0
"""What a 429 asks to wait."""
SENDING: Final = {
    "discord": ("POST /api/v10/channels/{channel}/messages", "PATCH /api/v10/channels/{channel}/messages/{message}"),
    "twitch": ("POST /helix/chat/messages",),
    "x": ("POST /2/tweets",),
}
"""Where an answer can be lost after what was asked is done."""


class Trouble(BaseModel):
    """Which trouble befalls which platform."""

    model_config = ConfigDict(extra="forbid")

    platform: Literal["discord", "twitch", "x"]
    kind: Literal["429", "503", "drop", "lost"]


class Troubles:
    """Brings trouble."""

    def __init__(self, platforms: Platforms) -> None:
        self._platforms = platforms

    async def bring(self, trouble: Trouble) -> dict[str, str]:
        """Plan the trouble for the next request of its kind, or cut what is connected now; says what will happen."""
        faults = self._platforms.all[trouble.platform].faults
        match trouble.kind:
            case "429":
                faults.plan("*", Fault.TOO_MANY, after_s=AFTER_S)
                return {"told": f"The next request is answered with 429 and told to wait {AFTER_S:g} s."}
            case "503":
                faults.plan("*", Fault.HTML_503)
                return {"told": "The next request is answered with 503 and a page of HTML."}
            case "lost":
                for route in SENDING[trouble.platform]:
                    faults.plan(route, Fault.LOST)
                return {"told": "The next message is sent, but the answer to it is lost."}
        cut = self._cuts().get(trouble.platform)
        if cut is None:
            faults.plan("*", Fault.DROP)
            return {"told": "The next request is cut off."}
        await cut()
        return {"told": "The connection for events was cut."}

    def _cuts(self) -> dict[str, Callable[[], Awaitable[None]]]:
        discord, twitch = self._platforms.discord, self._platforms.twitch

        async def gateway() -> None:
            discord.gateway.drop()

        async def sockets() -> None:
            twitch.sockets.drop()

        return {"discord": gateway, "twitch": sockets}
