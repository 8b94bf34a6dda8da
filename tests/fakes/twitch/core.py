"""What every part of the fake Twitch stands on: its world, its tokens, its error shape and its addresses."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from clipnet.clock import Clock
from tests.fakes.server import PATIENCE_S, Call, Fake, Refusal
from tests.fakes.twitch.tokens import Tokens
from tests.fakes.twitch.world import Channel, User, World, stamp

ERRORS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


def refusal(status: int, message: str, *, wrong: bool = False) -> Refusal:
    """Helix's error shape. `wrong`: no correct client sends such a request."""
    body = {"error": ERRORS.get(status, "Error"), "status": status, "message": message}
    return Refusal(status, body, violation=message if wrong else "")


def answer(body: Any, status: int = 200) -> web.Response:
    """A JSON answer."""
    return web.Response(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


class Core(Fake):
    """The state of the platform; the parts register their routes on it."""

    name = "twitch"

    def __init__(self, clock: Clock, client_id: str, client_secret: str) -> None:
        super().__init__(clock)
        self.client_id = client_id
        self.client_secret = client_secret
        self.world = World(clock)
        self.tokens = Tokens(clock)
        self.tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()

    @property
    def id_base(self) -> str:
        """What stands in for `https://id.twitch.tv/`, with the slash at the end."""
        return f"{self.url}/id/"

    @property
    def helix_base(self) -> str:
        """What stands in for `https://api.twitch.tv/helix/`, with the slash at the end."""
        return f"{self.url}/helix/"

    @property
    def eventsub_ws(self) -> str:
        """What stands in for `wss://eventsub.wss.twitch.tv/ws`."""
        return f"{self.url.replace('http', 'ws', 1)}/ws"

    def refused(self, status: int, message: str) -> Refusal:
        """A refusal in Helix's shape."""
        return refusal(status, message)

    def too_many(self, after_s: float) -> Refusal:
        """Helix's 429 says when to come back as a point in time, not as a number of seconds."""
        refused = refusal(429, "Too Many Requests")
        reset = int(self.clock.now().timestamp() + after_s + 0.999)
        refused.headers = {"Ratelimit-Limit": "800", "Ratelimit-Remaining": "0", "Ratelimit-Reset": str(reset)}
        return refused

    def now(self) -> datetime:
        """The platform's time."""
        return self.clock.now()

    def stamp(self) -> str:
        """The platform's time as EventSub writes it."""
        return stamp(self.clock.now())

    def channel_of(self, channel: Channel | User | str) -> Channel:
        """The channel of a broadcaster, by channel, account, id or login."""
        if isinstance(channel, Channel):
            return channel
        if isinstance(channel, User):
            return self.world.channels[channel.id]
        return self.world.channels.get(channel) or self.world.channels[self.world.user(channel).id]

    def spawn(self, work: Any) -> asyncio.Task[None]:
        """Run something beside the requests; it ends with the fake."""
        task: asyncio.Task[None] = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def changed(self) -> None:
        """Wake whoever waits for a state."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def until(self, holds: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
        """Wait for a state of the platform; TimeoutError after `within_s` real seconds."""
        async with asyncio.timeout(within_s):
            while not holds():
                await self._changed.wait()

    async def _arrived(self, request: web.Request, route: str) -> Call:
        call = await super()._arrived(request, route)
        self.changed()
        return call

    async def close(self) -> None:
        """End what goes on beside the requests."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
