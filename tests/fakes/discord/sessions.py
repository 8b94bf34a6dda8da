"""One session at the gateway, and the connection that it has at the moment."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakes.discord.people import Wire

GUILDS, MEMBERS, MODERATION, MESSAGES, REACTIONS = 1 << 0, 1 << 1, 1 << 2, 1 << 9, 1 << 10
DMS, DM_REACTIONS, CONTENT = 1 << 12, 1 << 13, 1 << 15

BUFFER = 1000

_NEEDS = {
    "GUILD_CREATE": GUILDS,
    "GUILD_DELETE": GUILDS,
    "GUILD_ROLE_CREATE": GUILDS,
    "CHANNEL_CREATE": GUILDS,
    "CHANNEL_DELETE": GUILDS,
    "GUILD_MEMBER_ADD": MEMBERS,
    "GUILD_MEMBER_UPDATE": MEMBERS,
    "GUILD_MEMBER_REMOVE": MEMBERS,
    "GUILD_BAN_ADD": MODERATION,
}


class Connection:
    """A websocket with its own writer, so that events can be put without awaiting."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self.socket = socket
        self.session: Session | None = None
        self.frozen = False
        self.said_goodbye = False
        self._request = request
        self._out: asyncio.Queue[str] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    def put(self, frame: Wire) -> None:
        """Send a frame after those put before."""
        self._out.put_nowait(json.dumps(frame))

    def cut(self) -> None:
        """Abort the connection."""
        if self._request.transport is not None:
            self._request.transport.abort()

    def stop_reading(self) -> None:
        """Leave what the client sends where it is."""
        if isinstance(self._request.transport, asyncio.ReadTransport):
            self._request.transport.pause_reading()

    async def stop(self) -> None:
        """End the writer."""
        self._writer.cancel()
        with suppress(asyncio.CancelledError):
            await self._writer

    async def _write(self) -> None:
        while True:
            text = await self._out.get()
            with suppress(ConnectionError):
                await self.socket.send_str(text)


@dataclass(slots=True, eq=False)
class Session:
    """What a client subscribed to, and what it was sent so far."""

    id: str
    intents: int
    bot_id: str
    connection: Connection | None
    sequence: int = 0
    sent: list[Wire] = field(default_factory=list)

    def send(self, event: str, data: Wire, *, twice: bool = False) -> None:
        """Send an event if the intents include it, and keep it for a resume."""
        frame = self._framed(event, data)
        if frame is not None:
            for _ in range(2 if twice else 1):
                self._put(frame)

    def send_swapped(self, events: list[tuple[str, Wire]]) -> None:
        """Number the events in order and send them in reverse."""
        frames = [frame for event, data in events if (frame := self._framed(event, data))]
        for frame in reversed(frames):
            self._put(frame)

    def replay(self, connection: Connection, after: int) -> None:
        """Go on with a new connection from after that number."""
        self.connection = connection
        for frame in self.sent:
            if frame["s"] > after:
                connection.put(frame)
        self.send("RESUMED", {"_trace": []})

    def _framed(self, event: str, data: Wire) -> Wire | None:
        if not self._wants(event, data):
            return None
        self.sequence += 1
        frame = {"op": 0, "t": event, "s": self.sequence, "d": self._visible(event, data)}
        self.sent = [*self.sent[-BUFFER:], frame]
        return frame

    def _put(self, frame: Wire) -> None:
        if self.connection is not None and not self.connection.frozen:
            self.connection.put(frame)

    def _wants(self, event: str, data: Wire) -> bool:
        if event.startswith("MESSAGE_"):
            in_guild = "guild_id" in data
            if "REACTION" in event:
                return bool(self.intents & (REACTIONS if in_guild else DM_REACTIONS))
            return bool(self.intents & (MESSAGES if in_guild else DMS))
        if event == "GUILD_MEMBER_UPDATE" and data["user"]["id"] == self.bot_id:
            return True
        return event not in _NEEDS or bool(self.intents & _NEEDS[event])

    def _visible(self, event: str, data: Wire) -> Wire:
        """Without the privileged intent, what people write is hidden unless it is meant for the bot."""
        if event == "GUILD_CREATE":
            return data | {"members": [one for one in data["members"] if one["user"]["id"] == self.bot_id]}
        if event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or self.intents & CONTENT or "guild_id" not in data:
            return data
        if data["author"]["id"] == self.bot_id or any(one["id"] == self.bot_id for one in data["mentions"]):
            return data
        hidden = data | {"content": "", "embeds": [], "attachments": [], "components": []}
        if referenced := data.get("referenced_message"):
            hidden["referenced_message"] = referenced | {"content": "", "embeds": [], "attachments": []}
        return hidden
