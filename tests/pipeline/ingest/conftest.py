"""A public server and an internal one, both on loopback; the internal one notes who knocks."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Server:
    """A server on 127.0.0.1; `hits` are the paths that were asked for, `pages` what it answers."""

    port: int = 0
    hits: list[str] = field(default_factory=list)
    pages: dict[str, Handler] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/") -> str:
        return f"http://{self.place}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.hits.append(request.path)
        page = self.pages.get(request.path)
        return web.Response(text="secret") if page is None else await page(request)


async def _serve() -> AsyncIterator[Server]:
    server = Server()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    await web.SockSite(runner, listening).start()
    try:
        yield server
    finally:
        await runner.cleanup()


@pytest.fixture
async def public() -> AsyncIterator[Server]:
    async for server in _serve():
        yield server


@pytest.fixture
async def internal() -> AsyncIterator[Server]:
    async for server in _serve():
        yield server
