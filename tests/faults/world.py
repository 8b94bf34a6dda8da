"""The outside world: a small HTTP server that does what it is asked and keeps a journal of it."""

from collections import Counter
from types import TracebackType
from typing import Self

from aiohttp import ClientSession, web


class World:
    """Outlives every worker; `done` counts how often each key was done."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.started: list[str] = []
        self._runner: web.AppRunner | None = None
        self.url = ""

    @property
    def doubled(self) -> dict[str, int]:
        """Keys that were done more than once."""
        return {key: times for key, times in self.done.items() if times > 1}

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(
            [
                web.post("/do/{key}", self._do),
                web.get("/done/{key}", self._look),
                web.post("/started/{name}", self._started),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _do(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        self.done[key] += 1
        return web.Response(text=f"remote-{key}")

    async def _look(self, request: web.Request) -> web.Response:
        key = request.match_info["key"]
        return web.Response(text=f"remote-{key}") if self.done[key] else web.Response(status=404)

    async def _started(self, request: web.Request) -> web.Response:
        self.started.append(request.match_info["name"])
        return web.Response()


class Reach:
    """A worker's way to the world."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: ClientSession | None = None

    async def do(self, key: str) -> str:
        """Do something there."""
        async with self._http.post(f"{self._url}/do/{key}") as answer:
            return await answer.text()

    async def look(self, key: str) -> str | None:
        """Whether it was done."""
        async with self._http.get(f"{self._url}/done/{key}") as answer:
            return await answer.text() if answer.status == 200 else None

    async def started(self, name: str) -> None:
        """Tell that a handler runs."""
        async with self._http.post(f"{self._url}/started/{name}"):
            return

    @property
    def _http(self) -> ClientSession:
        self._session = self._session or ClientSession()
        return self._session
