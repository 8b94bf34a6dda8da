"""What the fakes share: a server on loopback with a journal, a clock, scripted faults, and a record of violations."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from aiohttp import web

from clipnet.clock import Clock
from tests.fakes.faults import Fault, Faults, Planned

Handler = Callable[["Call"], Awaitable[web.StreamResponse]]


class Refusal(Exception):
    """The platform says no, in its own shape.

    Attributes:
        violation: the request was one that a correct client never sends (schema, limit, order, missing credential). A
            refusal of the world (an expired token, an unknown id, a used-up window) is none.
    """

    def __init__(self, status: int, body: Any, *, violation: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(violation or str(body))
        self.status = status
        self.body = body
        self.violation = violation
        self.headers = headers or {}


@dataclass(slots=True)
class Call:
    """One request as it arrived, and what it was answered. `body` is raw; `route` is the pattern that took it."""

    at: datetime
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    route: str
    args: dict[str, str] = field(default_factory=dict)
    status: int | None = None
    request: web.Request | None = field(default=None, repr=False)

    def json(self) -> Any:
        """The body as JSON; a ValueError when it is none."""
        return json.loads(self.body)


class Fake:
    """A platform's server. Subclasses add their routes and keep what was done in attributes of their own.

    The journal says what was asked and answered; what was *done* is kept apart, because an answer can be lost.

    Attributes:
        strict: whether what no correct client does is an error at the end of `serving`; for tests it always is.
    """

    name = "platform"
    strict = True

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.journal: list[Call] = []
        self.violations: list[str] = []
        self.faults = Faults()
        self.url = ""
        self._routes: list[tuple[str, str, Handler]] = []

    def route(self, method: str, path: str, handler: Handler) -> None:
        """Answer `method` on `path` (aiohttp's pattern) by `handler`, behind journal and faults."""
        self._routes.append((method, path, handler))

    def refused(self, status: int, message: str) -> Refusal:
        """A refusal in the platform's own shape, for what the base class itself has to refuse."""
        return Refusal(status, {"message": message})

    def too_many(self, after_s: float) -> Refusal:
        """The platform's answer to too many requests."""
        return Refusal(429, {"message": "Too many requests"}, headers={"Retry-After": f"{after_s:g}"})

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator[Self]:
        """Listen on 127.0.0.1 for this block; raises at its end as `assert_clean` does."""
        app = web.Application(client_max_size=600 * 1024 * 1024)
        for method, path, handler in self._routes:
            app.router.add_route(method, path, self._guarded(f"{method} {path}", handler))
        app.router.add_route("*", "/{rest:.*}", self._unhandled)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await self.close()
            await runner.cleanup()
        if self.strict:
            self.assert_clean()

    async def close(self) -> None:
        """End what goes on outside of requests (sockets, deliveries)."""

    def calls(self, route: str) -> list[Call]:
        """What arrived on one route, in order."""
        return [call for call in self.journal if call.route == route]

    def violation(self, what: str) -> None:
        """Note what no correct client does; the test fails for it at its end."""
        self.violations.append(what)

    def forgive(self) -> list[str]:
        """What was violated so far, for a test that wanted just that; it counts no more."""
        noted, self.violations = self.violations, []
        return noted

    def assert_clean(self) -> None:
        """Raise when a client did what no correct client does, or a fault was planned where nothing can meet it."""
        known = {f"{method} {path}" for method, path, _ in self._routes} | {"*"}
        astray = [f"no route {route} for a fault" for route in self.faults.routes - known]
        assert not self.violations + astray, f"{self.name}: " + "; ".join((self.violations + astray)[:5])

    def _guarded(self, route: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            call = await self._arrived(request, route)
            planned = self.faults.take(route)
            try:
                response = await self._met(call, planned, handler)
            except Refusal as refusal:
                if refusal.violation:
                    self.violation(f"{request.method} {request.path}: {refusal.violation}")
                response = self.refusal_response(refusal)
            call.status = response.status
            return response

        return answer

    async def _arrived(self, request: web.Request, route: str) -> Call:
        body = await request.read()
        call = Call(
            self.clock.now(),
            request.method,
            request.path,
            dict(request.query),
            dict(request.headers),
            body,
            route,
            dict(request.match_info),
            request=request,
        )
        self.journal.append(call)
        return call

    async def _met(self, call: Call, planned: Planned | None, handler: Handler) -> web.StreamResponse:
        if planned is None:
            return await handler(call)
        match planned.fault:
            case Fault.TOO_MANY:
                raise self.too_many(planned.after_s)
            case Fault.BANNED:
                page, headers = "<html><h1>Error 1015</h1></html>", {"Retry-After": f"{planned.after_s:g}"}
                return web.Response(status=429, text=page, content_type="text/html", headers=headers)
            case Fault.HTML_503:
                return _page_503()
            case Fault.SERVER_ERROR:
                raise self.refused(500, "Internal server error")
            case Fault.SLOW:
                await self.clock.sleep(planned.after_s)
                return await handler(call)
            case Fault.LOST:
                await handler(call)
            case Fault.DENIED:
                await handler(call)
                return _page_503()
        _drop(call)
        await asyncio.sleep(0)
        return web.Response(status=500)

    def refusal_response(self, refusal: Refusal) -> web.Response:
        """A refusal on the wire; the content type is exactly `application/json`, as some clients compare it."""
        return web.Response(
            status=refusal.status,
            body=json.dumps(refusal.body).encode(),
            headers={"Content-Type": "application/json", **refusal.headers},
        )

    async def _unhandled(self, request: web.Request) -> web.StreamResponse:
        call = await self._arrived(request, "unhandled")
        call.status = 404
        self.violation(f"nothing answers {request.method} {request.path}")
        return self.refusal_response(self.refused(404, "404: Not Found"))


def _page_503() -> web.Response:
    return web.Response(status=503, text="<html><h1>503</h1></html>", content_type="text/html")


def _drop(call: Call) -> None:
    if call.request is not None and call.request.transport is not None:
        call.request.transport.abort()
