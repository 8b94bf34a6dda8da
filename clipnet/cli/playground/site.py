"""The page's own server: the page, what it shows, and what its players do. It answers this machine's browser only."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web
from pydantic import BaseModel, ValidationError

from clipnet.cli.playground.acts import Players
from clipnet.cli.playground.broadcast import Broadcast
from clipnet.cli.playground.cast import Cast
from clipnet.cli.playground.faults import Running, Trouble, Troubles
from clipnet.cli.playground.footage import WHOLE
from clipnet.cli.playground.hub import Hub
from clipnet.cli.playground.platforms import Platforms
from clipnet.cli.playground.shown import Shown, cast_of, is_ours
from clipnet.errors import ClipNetError

PAGE: Final = Path(__file__).with_name("page")
FILES: Final = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
PASSED: Final = ("Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "ETag", "Last-Modified")
CHUNK: Final = 64 * 1024
MAX_BODY: Final = 64 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Play:
    """All that the site shows and lets happen; `running` are api and worker, whose clips `api_token` opens."""

    platforms: Platforms
    cast: Cast
    shown: Shown
    broadcast: Broadcast
    running: Running
    api_token: str


class Site:
    """The routes."""

    def __init__(self, play: Play, port: int) -> None:
        self._play = play
        self._port = port
        self._hub = Hub(play.shown, play.platforms.bell)
        self._players = Players(play.platforms, play.cast, play.broadcast)
        self._troubles = Troubles(play.platforms, play.running)
        self._client: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Listen for this block; gives the page's address."""
        app = web.Application(middlewares=[self._guarded], client_max_size=MAX_BODY)
        app.router.add_get("/", self._file)
        app.router.add_get("/page/{name}", self._file)
        app.router.add_get("/events", self._events)
        app.router.add_get("/cast", self._cast)
        app.router.add_get("/media/{place}/{path:.*}", self._media)
        app.router.add_post("/act/{platform}/{act}", self._act)
        app.router.add_post("/trouble", self._trouble)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        async with aiohttp.ClientSession() as self._client:
            telling = asyncio.create_task(self._hub.run())
            try:
                await web.TCPSite(runner, "127.0.0.1", self._port).start()
                self._port = runner.addresses[0][1]
                yield f"http://127.0.0.1:{self._port}"
            finally:
                telling.cancel()
                await runner.cleanup()

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse other sites' pages, and names that somebody else's DNS leads here."""
        origin = request.headers.get("Origin")
        ours = is_ours(request.host, self._port) and (origin is None or is_ours(origin, self._port))
        if not ours or (request.method == "POST" and request.content_type != "application/json"):
            raise web.HTTPForbidden(text="The playground answers its own page only.")
        try:
            return await handler(request)
        except ClipNetError as error:
            return web.json_response({"problem": f"{error.sentence} {error.hint}".strip()}, status=400)
        except (ValueError, LookupError, PermissionError) as error:
            return web.json_response({"problem": str(error)}, status=400)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        path = PAGE / request.match_info.get("name", "index.html")
        kind = FILES.get(path.suffix)
        if kind is None or path.parent != PAGE or not path.is_file():
            raise web.HTTPNotFound
        headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        return web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8", headers=headers)

    async def _cast(self, _: web.Request) -> web.StreamResponse:
        origin = self._play.shown.places["origin"]
        links = [f"{origin}/{name}" for name in self._play.cast.samples]
        return web.json_response({**cast_of(self._play.cast), "links": links, "stream": f"/media/origin/{WHOLE}"})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        with suppress(ConnectionError):
            await response.prepare(request)
            async for event in self._hub.follow():
                await response.write(event.encode())
        return response

    async def _act(self, request: web.Request) -> web.StreamResponse:
        name = f"{request.match_info['platform']}/{request.match_info['act']}"
        if name not in self._players.acts:
            raise web.HTTPNotFound
        model, act = self._players.acts[name]
        came = await act(_read(model, await request.text()))
        self._play.platforms.bell.ring()
        return web.json_response(came)

    async def _trouble(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(await self._troubles.bring(_read(Trouble, await request.text())))

    async def _media(self, request: web.Request) -> web.StreamResponse:
        """A file of one of our places, in ranges, so that the page loads from its own address alone."""
        base = self._play.shown.places.get(request.match_info["place"])
        if base is None:
            raise web.HTTPNotFound
        headers = {name: request.headers[name] for name in ("Range", "If-Range") if name in request.headers}
        if request.match_info["place"] == "api":
            headers["Authorization"] = f"Bearer {self._play.api_token}"
        assert self._client is not None
        target = f"{base}{request.raw_path.removeprefix('/media/' + request.match_info['place'])}"
        async with self._client.get(target, headers=headers, allow_redirects=False) as found:
            passed = {name: found.headers[name] for name in PASSED if name in found.headers}
            response = web.StreamResponse(status=found.status, headers=passed)
            # Players hang up as soon as they have seen enough.
            with suppress(ConnectionError):
                await response.prepare(request)
                async for chunk in found.content.iter_chunked(CHUNK):
                    await response.write(chunk)
        return response


def _read(model: type[BaseModel], text: str) -> Any:
    try:
        return model.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
