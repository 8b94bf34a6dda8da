"""A live stream in real time: the demo's video in pieces, over and over, as an HLS playlist that grows."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import ffmpeg
from aiohttp import web

from pipeline.media.command import ffmpeg_command, source, url
from pipeline.media.runner import run
from pipeline.stages.tools import StageTools

PIECE_S: Final = 2
"""As far apart are the key frames of the demo's video, so that it is cut without being encoded."""
LISTED: Final = 15
"""Pieces that a playlist holds."""
AHEAD_S: Final = PIECE_S * LISTED
"""A stream begins as if it had been on for this long, so that there is something to clip at once."""

Cut = Callable[[], Awaitable[list[Path]]]
"""Makes the pieces."""


async def pieces(video: Path, tools: StageTools) -> list[Path]:
    """The video in pieces of `PIECE_S` seconds, made when first asked for. Raises MediaFailed."""
    folder = video.with_name("live")
    if not (folder / "all.m3u8").exists():
        folder.mkdir(exist_ok=True)
        opened = source(video, tools.limits)
        hls = {"f": "hls", "hls_time": PIECE_S, "hls_list_size": 0, "hls_segment_filename": str(folder / "%05d.ts")}
        made = ffmpeg.output(opened, url(folder / "all.m3u8"), c="copy", **hls)
        await run(ffmpeg_command(tools.media, [made], reads=[video], scratch=folder), limits=tools.limits)
    return sorted(folder.glob("0*.ts"))


class Broadcast:
    """The stream of one channel; off until `start`."""

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._pieces: list[Path] = []
        self._started_at: float | None = None

    @property
    def started_at(self) -> float | None:
        """Since when it is on, in seconds of Unix time; None while it is off."""
        return self._started_at

    async def start(self) -> None:
        """Go on air. Raises MediaFailed."""
        self._pieces = self._pieces or await self._cut()
        self._started_at = time.time() - AHEAD_S

    def stop(self) -> None:
        """Go off air; what was on can't be had any more."""
        self._started_at = None

    def playlist(self) -> str:
        """The playlist of this moment. Raises LookupError while nothing is on."""
        if self._started_at is None:
            raise LookupError("nothing is on")
        out = int((time.time() - self._started_at) / PIECE_S)
        first = max(0, out - LISTED)
        lines = ["#EXTM3U", "#EXT-X-VERSION:6", f"#EXT-X-TARGETDURATION:{PIECE_S}", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{max(0, first - 1) // len(self._pieces)}")
        for number in range(first, out):
            if number and number % len(self._pieces) == 0:
                lines.append("#EXT-X-DISCONTINUITY")
            at = datetime.fromtimestamp(self._started_at + number * PIECE_S, UTC)
            lines += [f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat()}", f"#EXTINF:{PIECE_S},", f"/pieces/{number}.ts"]
        return "\n".join(lines) + "\n"

    async def listed(self, _: web.Request) -> web.StreamResponse:
        """GET of the playlist."""
        try:
            return web.Response(text=self.playlist(), content_type="application/vnd.apple.mpegurl")
        except LookupError:
            raise web.HTTPNotFound from None

    async def piece(self, request: web.Request) -> web.StreamResponse:
        """GET of a piece by its number."""
        number = int(request.match_info["number"])
        return web.FileResponse(self._pieces[number % len(self._pieces)], headers={"Content-Type": "video/mp2t"})
