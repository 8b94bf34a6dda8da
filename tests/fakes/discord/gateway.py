"""The gateway: sessions over websockets, and the ways in which they break."""

import asyncio
import json
import secrets
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from tests.fakes.discord.people import Wire
from tests.fakes.discord.sessions import Connection, Session
from tests.fakes.server import PATIENCE_S, Call

if TYPE_CHECKING:
    from tests.fakes.discord.platform import Platform

HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, MEMBERS = 1, 2, 3, 4, 6, 8
RECONNECT, INVALID_SESSION, HELLO, ACK, DISPATCH = 7, 9, 10, 11, 0

INTENTS = (1 << 22) - 1 | 1 << 24 | 1 << 25
PRIVILEGED = {1 << 1: "GUILD_MEMBERS", 1 << 8: "GUILD_PRESENCES", 1 << 15: "MESSAGE_CONTENT"}
DAILY_SESSIONS = 1000
FRAME_BYTES = 4096
FRAMES_PER_MINUTE = 120


class Closing(Exception):
    """The server ends the connection with a code."""

    def __init__(self, code: int, why: str, *, violation: bool = True) -> None:
        super().__init__(why)
        self.code = code
        self.why = why
        self.violation = violation


class Gateway:
    """All sessions of the bot.

    Attributes:
        heartbeat_s: how often clients have to beat, by the machine's clock.
        identify_every_s: seconds of the fake's clock between two new sessions; sooner ones are invalidated.
        privileged: intents that were switched on for the application; others close with 4014.
        mute: greet nobody who connects.
        refuse_resume: answer every resume with “invalid session”.
        codes: the codes with which the server closed connections.
    """

    def __init__(self, platform: "Platform") -> None:
        self._platform = platform
        self.heartbeat_s = 41.25
        self.identify_every_s = 5.0
        self.privileged = 1 << 1 | 1 << 15
        self.mute = False
        self.refuse_resume = False
        self.codes: list[int] = []
        self.resumes = 0
        self.sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self._last_identify_s: float | None = None
        self._twice = 0
        self._hold = 0
        self._held: list[tuple[str, Wire]] = []
        for path in ("/gateway/", "/gateway"):
            platform.route("GET", path, self._connect)

    @property
    def identifies(self) -> int:
        """Sessions begun; resumes don't count."""
        return self._platform.ledger.identifies

    @property
    def connected(self) -> bool:
        """Somebody listens now."""
        return any(session.connection for session in self.sessions.values())

    async def ready(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait until somebody listens."""
        await self._platform.pulse.until(lambda: self.connected, timeout_s, "a gateway session")

    def dispatch(self, event: str, data: Wire) -> None:
        """Send an event to every session, connected or to be resumed, as its intents allow."""
        if self._hold:
            self._held.append((event, data))
            self._hold -= 1
            if self._hold:
                return
            held, self._held = self._held, []
            for session in self.sessions.values():
                session.send_swapped(held)
        else:
            for session in self.sessions.values():
                session.send(event, data, twice=self._twice > 0)
        self._twice = max(0, self._twice - 1)
        self._platform.pulse.beat()

    def duplicate(self, events: int = 1) -> None:
        """Deliver each of the next events twice."""
        self._twice = events

    def swap(self, events: int = 2) -> None:
        """Hold the next events and deliver them the last one first."""
        self._hold = events

    def reconnect(self) -> None:
        """Ask every client to reconnect and resume (7)."""
        for connection in self._connections:
            connection.put({"op": RECONNECT, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Tell every client that its session is invalid (9)."""
        if not resumable:
            self.sessions.clear()
        for connection in self._connections:
            connection.put({"op": INVALID_SESSION, "d": resumable})

    def drop(self) -> None:
        """Cut every connection without a word; sessions can be resumed."""
        for connection in list(self._connections):
            connection.cut()

    def freeze(self, *, deaf: bool = False) -> None:
        """Make zombies of the connections: they stay open, nothing comes and no heartbeat is answered.

        `deaf`: nor is anything read that the client sends, so that no goodbye is answered either.
        """
        for connection in self._connections:
            connection.frozen = True
            if deaf:
                connection.stop_reading()

    async def hang_up(self, code: int) -> None:
        """Close every connection with that code."""
        for connection in list(self._connections):
            self.codes.append(code)
            await connection.socket.close(code=code)

    async def close(self) -> None:
        """End everything; part of the server's own end."""
        for connection in list(self._connections):
            await connection.socket.close(code=1001)

    async def _connect(self, call: Call) -> web.StreamResponse:
        assert call.request is not None
        socket = web.WebSocketResponse(max_msg_size=FRAME_BYTES * 16)
        await socket.prepare(call.request)
        connection = Connection(socket, call.request)
        self._connections.add(connection)
        try:
            self._check_query(call.query)
            if not self.mute:
                connection.put({"op": HELLO, "d": {"heartbeat_interval": int(self.heartbeat_s * 1000), "_trace": []}})
            await self._listen(connection)
        except Closing as closing:
            self.codes.append(closing.code)
            if closing.violation:
                self._platform.violation(f"gateway: {closing.code} {closing.why}")
            await socket.close(code=closing.code, message=closing.why.encode())
        finally:
            self._connections.discard(connection)
            self._left(connection)
            await connection.stop()
        return socket

    def _left(self, connection: Connection) -> None:
        session = connection.session
        if session is None or session.connection is not connection:
            return
        session.connection = None
        if connection.said_goodbye:
            self.sessions.pop(session.id, None)
        self._platform.pulse.beat()

    def _check_query(self, query: dict[str, str]) -> None:
        if query.get("v", "10") != "10" or query.get("encoding", "json") != "json":
            raise Closing(4012, f"Invalid API version: {query}")

    async def _listen(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + 2 * self.heartbeat_s
        frames: list[float] = []
        while True:
            try:
                async with asyncio.timeout_at(deadline_s):
                    message = await connection.socket.receive()
            except TimeoutError:
                raise Closing(4009, "Session timed out", violation=False) from None
            if message.type is not WSMsgType.TEXT:
                connection.said_goodbye = message.type is WSMsgType.CLOSE and message.data in (1000, 1001)
                return
            now_s = loop.time()
            frames = [at for at in frames if at > now_s - 60] + [now_s]
            if len(frames) > FRAMES_PER_MINUTE:
                raise Closing(4008, "Rate limited")
            frame = _frame(message.data)
            if frame["op"] == HEARTBEAT:
                deadline_s = now_s + 2 * self.heartbeat_s
                if not connection.frozen:
                    connection.put({"op": ACK, "d": None})
            else:
                self._take(connection, frame["op"], frame.get("d"))

    def _take(self, connection: Connection, op: int, data: Any) -> None:
        if op == IDENTIFY:
            self._identify(connection, data)
        elif op == RESUME:
            self._resume(connection, data)
        elif op not in (PRESENCE, VOICE, MEMBERS):
            raise Closing(4001, f"Unknown opcode {op}")
        elif connection.session is None:
            raise Closing(4003, "Not authenticated")
        elif op == MEMBERS:
            self._members(connection.session, data)

    def _identify(self, connection: Connection, data: Wire) -> None:
        if connection.session is not None:
            raise Closing(4005, "Already authenticated")
        if data.get("token") not in (self._platform.bot_token, f"Bot {self._platform.bot_token}"):
            raise Closing(4004, "Authentication failed", violation=False)
        if not isinstance(data.get("properties"), dict) or not isinstance(data.get("intents"), int):
            raise Closing(4013, "Invalid intent(s)")
        if data["intents"] & ~INTENTS:
            raise Closing(4013, "Invalid intent(s)")
        if missing := [name for bit, name in PRIVILEGED.items() if data["intents"] & bit & ~self.privileged]:
            raise Closing(4014, f"Disallowed intent(s): {missing}", violation=False)
        self._platform.ledger.identifies += 1
        now_s = self._platform.clock.monotonic_s()
        if self._last_identify_s is not None and now_s - self._last_identify_s < self.identify_every_s:
            connection.put({"op": INVALID_SESSION, "d": False})
            return
        self._last_identify_s = now_s
        session = Session(secrets.token_hex(16), data["intents"], self._platform.bot.id, connection)
        connection.session = session
        self.sessions[session.id] = session
        self._greet(session)

    def _greet(self, session: Session) -> None:
        platform = self._platform
        guilds = list(platform.guilds.values())
        ready: Wire = {"v": 10, "user": platform.bot.wire() | {"verified": True, "mfa_enabled": False, "email": None}}
        ready |= {"guilds": [{"id": guild.id, "unavailable": True} for guild in guilds], "session_id": session.id}
        ready |= {
            "resume_gateway_url": platform.gateway_url,
            "application": {"id": platform.application_id, "flags": 0},
        }
        session.send("READY", ready | {"private_channels": [], "session_type": "normal", "shard": [0, 1]})
        for guild in guilds:
            session.send("GUILD_CREATE", guild.wire(full=True))
        platform.pulse.beat()

    def _resume(self, connection: Connection, data: Wire) -> None:
        if data.get("token") != self._platform.bot_token:
            raise Closing(4004, "Authentication failed", violation=False)
        session = self.sessions.get(str(data.get("session_id")))
        if session is None or self.refuse_resume:
            connection.put({"op": INVALID_SESSION, "d": False})
            return
        if not isinstance(data.get("seq"), int) or data["seq"] > session.sequence:
            raise Closing(4007, "Invalid seq")
        self.resumes += 1
        connection.session = session
        session.replay(connection, data["seq"])
        self._platform.pulse.beat()

    def _members(self, session: Session, data: Wire) -> None:
        for guild_id in data["guild_id"] if isinstance(data["guild_id"], list) else [data["guild_id"]]:
            guild = self._platform.guilds.get(str(guild_id))
            if guild is None:
                continue
            wanted = {str(one) for one in data.get("user_ids") or []}
            found = [one.wire() for one in guild.members.values() if not wanted or one.id in wanted]
            chunk: Wire = {"guild_id": guild.id, "members": found, "chunk_index": 0, "chunk_count": 1, "not_found": []}
            session.send("GUILD_MEMBERS_CHUNK", chunk | {"nonce": data.get("nonce")})


def _frame(text: str) -> Wire:
    if len(text.encode()) > FRAME_BYTES:
        raise Closing(4002, "Payload too large")
    try:
        frame = json.loads(text)
    except ValueError:
        raise Closing(4002, "Error while decoding payload") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("op"), int):
        raise Closing(4002, "Error while decoding payload")
    return frame
