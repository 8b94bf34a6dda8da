"""Videos to play with: the demo's own, whole and a short piece of it, and an origin on loopback that serves them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import ffmpeg
from aiohttp import web
from rich.console import Console

from clipnet.cli.demo_source import built_in
from clipnet.cli.playground.broadcast import Broadcast
from pipeline.media.command import ffmpeg_command, source, url
from pipeline.media.runner import run
from pipeline.model import Span
from pipeline.stages.tools import StageTools

WHOLE: Final = "a-day-in-the-street.mp4"
SHORT: Final = Span(42.0, 50.0)
"""Where something happens in the demo's video."""


async def samples(folder: Path, tools: StageTools) -> dict[str, Path]:
    """The videos by the name that the page shows, built in `folder` at the first start; the demo has its own there too.

    Raises:
        Misconfigured: the packages that carry footage and voice aren't installed.
        MediaFailed: they could not be built.
    """
    whole = (await built_in(folder, tools, Console(soft_wrap=True))).path
    short = whole.with_name("the-race.mp4")
    if not short.exists():
        made = whole.with_name("the-race.part.mp4")
        cut = ffmpeg.output(source(whole, tools.limits, span=SHORT), url(made), c="copy", movflags="+faststart")
        await run(ffmpeg_command(tools.media, [cut], reads=[whole], scratch=whole.parent), limits=tools.limits)
        made.replace(short)
    return {"the-race.mp4": short, WHOLE: whole}


@asynccontextmanager
async def origin(videos: dict[str, Path], broadcast: Broadcast) -> AsyncIterator[str]:
    """Serve the videos, and the stream of every channel, on loopback for this block; gives the address."""

    async def video(request: web.Request) -> web.StreamResponse:
        path = videos.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})

    app = web.Application()
    app.router.add_get("/{name}", video)
    app.router.add_get("/live/{channel}", broadcast.listed)
    app.router.add_get("/pieces/{number:[0-9]+}.ts", broadcast.piece)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
