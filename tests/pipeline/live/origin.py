"""A real HLS stream on loopback, in real time; its frames carry their number, so a cut tells when it happened."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from aiohttp import web

from pipeline.media.tools import Tools

FPS = 20
PIECE_S = 0.5
BITS = 16
WIDTH, HEIGHT = 160, 96
MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=9000000,RESOLUTION=2560x1440,CODECS="avc1.640028,mp4a.40.2"
/too-large.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=1920x1080,CODECS="avc1.640028,mp4a.40.2"
{media}
#EXT-X-STREAM-INF:BANDWIDTH=20000,CODECS="mp4a.40.2"
/sound-only.m3u8
"""


@dataclass(frozen=True, slots=True)
class Footage:
    """Pieces of `PIECE_S` seconds each, and the initialisation section they need (fMP4)."""

    pieces: tuple[bytes, ...]
    init: bytes | None
    suffix: str


def make_footage(
    tools: Tools, folder: Path, seconds: float, *, scale: int = 1, kind: str = "mpegts", later: int = 0
) -> Footage:
    """Films a clock: vertical bars are the bits of the frame's number.

    `later`: how many pictures in a row refer to one that comes after them.
    """
    folder.mkdir()
    numbers = np.arange(round(seconds * FPS))
    bits = (numbers[:, None] >> np.arange(BITS)) & 1
    rows = np.repeat(bits, scale * WIDTH // BITS, axis=1).astype(np.uint8) * 255
    frames = np.repeat(rows[:, None, :], scale * HEIGHT, axis=1)
    suffix = "m4s" if kind == "fmp4" else "ts"
    subprocess.run(
        [
            str(tools.ffmpeg), "-nostdin", "-v", "error",
            "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{scale * WIDTH}x{scale * HEIGHT}",
            "-r", str(FPS), "-i", "pipe:0",
            "-f", "lavfi", "-i", f"sine=f=440:r=48000:d={seconds}",
            "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", str(round(FPS * PIECE_S)),
            "-keyint_min", str(round(FPS * PIECE_S)), "-sc_threshold", "0", "-bf", str(later), "-b_strategy", "0",
            "-c:a", "aac", "-shortest",
            "-f", "hls", "-hls_time", str(PIECE_S), "-hls_list_size", "0", "-hls_segment_type", kind,
            "-hls_segment_filename", str(folder / f"%05d.{suffix}"), str(folder / "all.m3u8"),
        ],
        input=frames.tobytes(), check=True,
    )  # fmt: skip
    init = folder / "init.mp4"
    pieces = tuple(path.read_bytes() for path in sorted(folder.glob(f"0*.{suffix}")))
    return Footage(pieces, init.read_bytes() if init.exists() else None, suffix)


def numbers_in(tools: Tools, path: Path) -> list[int]:
    """The numbers of all frames of a file, decoded from its first to its last."""
    command = [
        str(tools.ffmpeg), "-nostdin", "-v", "error", "-xerror", "-i", str(path), "-an", "-fps_mode", "passthrough",
        "-vf", f"scale={BITS * 4}:1:flags=area,format=gray", "-f", "rawvideo", "-",
    ]  # fmt: skip
    data = subprocess.run(command, check=True, capture_output=True).stdout
    frames = np.frombuffer(data, np.uint8).reshape(-1, BITS, 4).mean(axis=2) > 127
    return [int(number) for number in frames @ (1 << np.arange(BITS))]


@dataclass(slots=True)
class Origin:
    """The stream's server: piece k of the footage comes out when it has happened.

    Attributes:
        started_at: Unix seconds of the first frame.
        listed: how many of the newest pieces a playlist holds.
        clock: whether pieces say when they happened.
        other, other_from: footage of another format that takes over at a piece, behind a discontinuity.
        reset_at: from this piece on numbers begin at 0 again and names anew.
        gone: pieces that are answered with 404.
        token: a playlist asked for with another one is answered with 403; None asks for none.
        broken: drops every connection in the middle of an answer.
        ended: the playlist says that nothing follows.
        extra: lines before the first piece.
        tail: lines after the last one.
        page: the path at which the stream is found.
    """

    footage: Footage
    started_at: float = field(default_factory=time.time)
    listed: int = 8
    clock: bool = True
    other: Footage | None = None
    other_from: int = 1 << 30
    reset_at: int = 1 << 30
    gone: set[int] = field(default_factory=set)
    token: str | None = None
    broken: bool = False
    ended: bool = False
    extra: str = ""
    tail: str = ""
    page: str = "/master.m3u8"
    url: str = ""
    hits: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def place(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://").partition("/")[0]

    @property
    def out(self) -> int:
        """How many pieces have come out."""
        return min(int((time.time() - self.started_at) / PIECE_S), len(self.footage.pieces))

    def at(self, number: int) -> float:
        """Unix seconds at which a frame happened."""
        return self.started_at + number / FPS

    def playlist(self) -> str:
        """The media playlist of this moment."""
        out = self.out
        first = max(0, out - self.listed, self.reset_at if out > self.reset_at else 0)
        reset = out > self.reset_at
        lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:1"]
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{first - self.reset_at if reset else first + 1000}")
        if self.extra:
            lines.append(self.extra)
        now = None
        for k in range(first, out):
            used = self._footage(k)
            if now is not None and used is not now:
                lines.append("#EXT-X-DISCONTINUITY")
            if used is not now and used.init:
                lines.append(f'#EXT-X-MAP:URI="/init-{int(used is self.other)}.mp4"')
            now = used
            if self.clock:
                lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{datetime.fromtimestamp(self.at_piece(k), UTC).isoformat()}")
            lines += [
                f"#EXTINF:{PIECE_S},",
                f"/piece/{k}/{'b' if reset else 'a'}{k}.{used.suffix}",
            ]
        if self.tail:
            lines.append(self.tail)
        if self.ended:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join(lines) + "\n"

    def at_piece(self, k: int) -> float:
        """Unix seconds at which a piece began."""
        return self.started_at + k * PIECE_S

    def _footage(self, k: int) -> Footage:
        return self.other if self.other is not None and k >= self.other_from else self.footage

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Any question."""
        self.hits.append(request.path)
        self.asked.set()
        if self.broken:
            response = web.StreamResponse(headers={"Content-Length": "100000"})
            await response.prepare(request)
            await response.write(b"\x47" + b"#" * 1000)
            assert request.transport is not None
            request.transport.abort()
            return response
        if request.path == self.page:
            return web.Response(text=MASTER.format(media=f"/media.m3u8?t={self.token or ''}"))
        if request.path == "/media.m3u8":
            if self.token is not None and request.query.get("t") != self.token:
                return web.Response(status=403)
            return web.Response(text=self.playlist())
        if request.path.startswith("/init-"):
            used = self.other if request.path == "/init-1.mp4" else self.footage
            return web.Response(body=used.init if used else b"")
        if request.path.startswith("/piece/"):
            k = int(request.path.split("/")[2])
            if k not in self.gone:
                return web.Response(body=self._footage(k).pieces[k])
        return web.Response(status=404)


@asynccontextmanager
async def serving(origin: Origin) -> AsyncIterator[Origin]:
    """The origin on a free port of loopback, until the end of the block."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", origin.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        origin.url = f"http://127.0.0.1:{runner.addresses[0][1]}{origin.page}"
        yield origin
    finally:
        await runner.cleanup()
