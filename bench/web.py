"""What a request costs: accepting a command, and the list of clips, against a bare aiohttp handler in the same run."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

from aiohttp import ClientSession, web

from bench.context import Bench, BenchContext
from bench.measure import paired
from bench.rows import Row
from bot.command import Limit
from bot.commands import COMMANDS
from bot.registry import Registry
from bot.router import Router
from clipnet.cli.surroundings import surroundings
from clipnet.settings import Settings
from ops_commands import COMMANDS as OPERATORS
from web.app import create_app
from web.serve import open_services

LINK = "https://example.org/talk.mp4"
REQUESTS = 200


async def web_requests(ctx: BenchContext) -> list[Row]:
    """Rows of the API; the ratios are told, not held to a goal: most of it is PostgreSQL's round trips."""
    count = 40 if ctx.quick else REQUESTS
    environ = {"ENV": "test", "PATH": os.environ.get("PATH", ""), "CLIPNET_STATE_DIR": str(Path(ctx.scratch, "state"))}
    services = surroundings(environ)
    found = await asyncio.to_thread(services.__enter__)
    try:
        async with _api(found.settings()) as clients:
            return [await _row(clients, name, count) for name in ("POST clip", "GET clips", "GET commands")]
    finally:
        await asyncio.to_thread(services.__exit__, None, None, None)


@asynccontextmanager
async def _api(settings: Settings) -> AsyncIterator[tuple[ClientSession, ClientSession]]:
    """Clients of the API without cooldowns, and of its floor beside it: a handler that answers a constant."""

    async def hello(_: web.Request) -> web.Response:
        return web.json_response({"hello": "world"})

    floor = web.Application()
    floor.router.add_route("*", "/", hello)
    unlimited = [replace(command, limit=Limit(10**6, 1)) for command in (*COMMANDS, *OPERATORS)]
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(open_services(settings))
        app = create_app(Router(services, Registry(unlimited)))
        ours, bare = [await stack.enter_async_context(_served(each)) for each in (app, floor)]
        headers = {"Authorization": f"Bearer {settings.web.token}"}
        yield (
            await stack.enter_async_context(ClientSession(ours, headers=headers)),
            await stack.enter_async_context(ClientSession(bare, headers=headers)),
        )


@asynccontextmanager
async def _served(app: web.Application) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _row(clients: tuple[ClientSession, ClientSession], name: str, count: int) -> Row:
    method, _, path = name.partition(" ")
    body = {"source": LINK} if method == "POST" else None

    async def ours() -> None:
        await _send(clients[0], count, method, f"/api/v1/{path}", body)

    async def bare() -> None:
        await _send(clients[1], count, method, "/", body)

    found = await paired(ours, bare)
    wall_ms, floor_ms = 1000 * found.wall_s / count, 1000 * found.floor_wall_s / count
    return Row("web", f"{name}, one caller", wall_ms, "ms", floor=floor_ms, ratio=found.wall_ratio)


async def _send(client: ClientSession, count: int, method: str, path: str, body: dict[str, str] | None) -> None:
    for _ in range(count):
        async with client.request(method, path, json=body) as response:
            await response.read()
            assert response.status < 300


BENCHES: dict[str, Bench] = {"web": web_requests}
