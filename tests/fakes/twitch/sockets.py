"""EventSub's websocket server.

Sources: dev.twitch.tv "Getting Events Using WebSockets" and "WebSocket Messages": keepalive_timeout_seconds 10 to 600
(the nearest is taken), first subscription within 10 s or 4003, any client frame 4001, 30 s from session_reconnect to
the close of the old socket with 4004, a used or unknown reconnect URL 4007, delivery at least once.
"""

import contextlib
import json
import secrets
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import aiohttp
from aiohttp import web

from tests.fakes.server import Call
from tests.fakes.twitch.bus import Bus, Notice, Subscription
from tests.fakes.twitch.core import Core, refusal

FIRST_SUBSCRIPTION_S = 10
RECONNECT_S = 30
SENT_A_FRAME, UNUSED, TOO_LATE, BAD_URL = 4001, 4003, 4004, 4007


class Session:
    """One socket. `leaving` is its reconnect key once Twitch asked it to move; `user_id` comes with a subscription."""

    def __init__(self, socket: web.WebSocketResponse, call: Call, connected_at: str, keepalive_s: int) -> None:
        self.id = f"AgoQ{secrets.token_urlsafe(24)}"
        self.socket = socket
        self.call = call
        self.connected_at = connected_at
        self.keepalive_s = keepalive_s
        self.user_id = ""
        self.leaving = ""
        self.open = True
        self.sent_at_s = 0.0
        self.close_code: int | None = None


class Sockets:
    """Every websocket session, past and present.

    Attributes:
        silent: nothing is sent to keep sockets alive.
        unused_s: how long a new session may stay without a subscription.
        keepalive_s: what new sessions are promised whatever they ask for; less than Twitch's 10 s, for tests' sake.
        share: after which share of the promised time something is sent to keep them alive.
    """

    def __init__(self, core: Core, bus: Bus) -> None:
        self._core = core
        self._bus = bus
        self.sessions: dict[str, Session] = {}
        self.silent = False
        self.keepalive_s: int | None = None
        self.share = 1.0
        self.unused_s: float = FIRST_SUBSCRIPTION_S
        bus.transports["websocket"] = (self._deliver, self._farewell)
        core.route("GET", "/ws", self._connect)

    def of(self, user_id: str = "") -> list[Session]:
        """The open sessions of an account (of everybody without one)."""
        return [entry for entry in self.sessions.values() if entry.open and user_id in {"", entry.user_id}]

    async def reconnect(self, sessions: Iterable[Session] | None = None) -> None:
        """Ask sessions (all open ones without a choice) to move to another socket within 30 s."""
        for session in list(sessions) if sessions is not None else self.of():
            session.leaving = secrets.token_hex(8)
            url = f"{self._core.eventsub_ws}?id={session.leaving}"
            await self._send(session, "session_reconnect", {"session": self._shown(session, "reconnecting", url)})
            self._core.spawn(self._close_late(session))

    def drop(self, sessions: Iterable[Session] | None = None) -> None:
        """Cut connections without a close frame."""
        for session in list(sessions) if sessions is not None else self.of():
            request = session.call.request
            if request is not None and request.transport is not None:
                request.transport.abort()

    async def _connect(self, call: Call) -> web.StreamResponse:
        assert call.request is not None
        timeout = call.query.get("keepalive_timeout_seconds", "10")
        if not timeout.lstrip("-").isdigit():
            raise refusal(400, "keepalive_timeout_seconds must be a number", wrong=True)
        socket = web.WebSocketResponse()
        await socket.prepare(call.request)
        promised_s = self.keepalive_s or min(600, max(10, int(timeout)))
        session = Session(socket, call, self._core.stamp(), promised_s)
        self.sessions[session.id] = session
        if "id" in call.query:
            if not await self._move_in(session, call.query["id"]):
                return socket
        else:
            self._core.spawn(self._close_unused(session))
        await self._send(session, "session_welcome", {"session": self._shown(session, "connected")})
        self._core.spawn(self._keep_alive(session))
        self._core.changed()
        await self._listen(session)
        return socket

    async def _move_in(self, session: Session, key: str) -> bool:
        old = next((entry for entry in self.sessions.values() if entry.leaving == key and entry.open), None)
        if old is None:
            self._core.violation("connected to a reconnect URL that is unknown or used")
            await self._close(session, BAD_URL)
            return False
        session.user_id, session.keepalive_s = old.user_id, old.keepalive_s
        for subscription in self._carried(old):
            subscription.transport["session_id"] = session.id
        return True

    async def _listen(self, session: Session) -> None:
        async for message in session.socket:
            if message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
                self._core.violation("a client sent something on the EventSub socket")
                await self._close(session, SENT_A_FRAME)
        session.open = False
        session.close_code = session.close_code or session.socket.close_code
        lost = "websocket_failed_to_reconnect" if session.leaving else "websocket_disconnected"
        for subscription in self._carried(session):
            subscription.status = lost
        self._core.changed()

    def _carried(self, session: Session) -> list[Subscription]:
        return [
            entry for entry in self._bus.subscriptions if entry.live and entry.transport.get("session_id") == session.id
        ]

    async def _close(self, session: Session, code: int) -> None:
        session.open = False
        session.close_code = code
        with contextlib.suppress(ConnectionError):
            await session.socket.close(code=code)
        self._core.changed()

    async def _close_unused(self, session: Session) -> None:
        await self._core.clock.sleep(self.unused_s)
        if session.open and not session.user_id:
            await self._close(session, UNUSED)

    async def _close_late(self, session: Session) -> None:
        await self._core.clock.sleep(RECONNECT_S)
        if session.open:
            await self._close(session, TOO_LATE)

    async def _keep_alive(self, session: Session) -> None:
        while session.open:
            wait_s = session.sent_at_s + self.share * session.keepalive_s - self._core.clock.monotonic_s()
            if wait_s > 0:
                await self._core.clock.sleep(wait_s)
            elif self.silent:
                session.sent_at_s = self._core.clock.monotonic_s()
            else:
                await self._send(session, "session_keepalive", {})

    async def _deliver(self, notice: Notice) -> None:
        payload = {"subscription": notice.subscription.shown(), "event": notice.event}
        session = self.sessions[notice.subscription.transport["session_id"]]
        await self._send(session, "notification", payload, notice.subscription, notice)

    async def _farewell(self, subscription: Subscription) -> None:
        session = self.sessions[subscription.transport["session_id"]]
        await self._send(session, "revocation", {"subscription": subscription.shown()}, subscription)

    def _shown(self, session: Session, status: str, url: str | None = None) -> dict[str, Any]:
        return {
            "id": session.id,
            "status": status,
            "keepalive_timeout_seconds": session.keepalive_s if url is None else None,
            "reconnect_url": url,
            "connected_at": session.connected_at,
        }

    async def _send(
        self,
        session: Session,
        kind: str,
        payload: dict[str, Any],
        about: Subscription | None = None,
        notice: Notice | None = None,
    ) -> None:
        metadata = {
            "message_id": notice.id if notice else str(uuid4()),
            "message_type": kind,
            "message_timestamp": notice.at if notice else self._core.stamp(),
        }
        if about is not None:
            metadata |= {"subscription_type": about.kind, "subscription_version": about.version}
        session.sent_at_s = self._core.clock.monotonic_s()
        with contextlib.suppress(ConnectionError):
            await session.socket.send_str(json.dumps({"metadata": metadata, "payload": payload}))
