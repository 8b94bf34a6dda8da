"""`GET /api/v1/events`: what happens, as server-sent events."""

import asyncio

from aiohttp import web

from web.api import Route
from web.keys import HUB

MAX_AGE_S = 600.0
"""A stream is ended before proxies do it; the browser comes back with its last id."""
_HEAD = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def routes() -> list[Route]:
    """The route of live events."""
    return [Route("GET", "/api/v1/events", events, "Follow what happens, as server-sent events.", answers={200: None})]


async def events(request: web.Request) -> web.StreamResponse:
    """Stream until the listener leaves, the stream is too old, or the process ends."""
    response = web.StreamResponse(headers=_HEAD)
    if request.method == "HEAD":
        return response
    ends = asyncio.get_running_loop().time() + MAX_AGE_S
    hub = request.app[HUB]
    async with hub.listen(request.headers.get("Last-Event-ID")) as listener:
        await response.prepare(request)
        await response.write(b"retry: 2000\n\n")
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                async with asyncio.timeout(min(hub.heartbeat_s, left)):
                    frame = await listener.frames.get()
            except TimeoutError:
                frame = b": still here\n\n"
            if frame is None:
                break
            await response.write(frame)
    await response.write(b"event: bye\ndata: {}\n\n")
    return response
