"""Faces in a stretch of video, found by a small network in a warm child process."""

import asyncio
import contextlib
import json
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import ffmpeg

from pipeline.media.command import ffmpeg_command, python_command, source
from pipeline.media.failures import stalled
from pipeline.media.runner import Running, started
from pipeline.media.tools import Limits, Tools
from pipeline.model import Probe, Span

CHILD = Path(__file__).with_name("faces_child.py")
LONG_SIDE = 320
GRAIN = 32
RATE_HZ = 2.0
EMPTY_AFTER = 6
SKIP_WHEN_EMPTY = 3


@dataclass(frozen=True, slots=True)
class Face:
    """A face at `at_s` seconds of the source; the box is in shares of the picture's width and height (0 to 1)."""

    at_s: float
    left: float
    top: float
    width: float
    height: float
    confidence: float

    @property
    def centre_x(self) -> float:
        return self.left + self.width / 2

    @property
    def area(self) -> float:
        return self.width * self.height


class FaceFinder:
    """Keeps the detectors warm between calls, one child per frame size; use as an async context manager.

    Without a face model in `tools` it finds nothing.
    """

    def __init__(self, tools: Tools, limits: Limits) -> None:
        self._tools, self._limits = tools, limits
        self._stack = AsyncExitStack()
        self._children: dict[tuple[int, int], Running] = {}
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> "FaceFinder":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._children.clear()
        await self._stack.aclose()

    async def warm(self, width: int = 320, height: int = 192) -> None:
        """Starts a child ahead of its first use; (320, 192) is the size for 16:9 pictures."""
        async with self._turn:
            await self._child(width, height)

    async def find(self, path: Path, probe: Probe, span: Span) -> list[Face]:
        """All faces seen in `span`, looked for twice a second; [] without a picture.

        Raises what the runner raises; a child that broke is started anew by the next call.
        """
        if probe.video is None or self._tools.face_model is None:
            return []
        width, height = _size(probe.video.width, probe.video.height)
        opened = source(path, self._limits, span=span, skip_loop_filter="all", skip_frame="noref")
        small = opened[str(probe.video.index)].filter("fps", fps=RATE_HZ, start_time=0)
        small = small.filter("scale", width, height, flags="area")
        output = ffmpeg.output(small, "pipe:1", format="rawvideo", pix_fmt="rgb24", fps_mode="passthrough")
        command = ffmpeg_command(self._tools, [output], reads=[path], scratch=None)
        faces: list[Face] = []
        async with self._turn:
            child = await self._child(width, height)
            try:
                async with started(command, self._limits) as running:
                    await self._ask_all(child, running, width * height * 3, span, faces)
                    await running.finish()
            except BaseException:
                self._children.clear()
                await self._stack.aclose()
                raise
        return faces

    async def _ask_all(self, child: Running, frames: Running, size: int, span: Span, faces: list[Face]) -> None:
        empty, index, rest = 0, 0, b""
        while data := await frames.read():
            rest += data
            while len(rest) >= size:
                frame, rest = rest[:size], rest[size:]
                if empty < EMPTY_AFTER or index % SKIP_WHEN_EMPTY == 0:
                    found = await _ask(child, frame)
                    at_s = span.start_s + index / RATE_HZ
                    faces.extend(Face(at_s, *box) for box in found)
                    empty = 0 if found else empty + 1
                index += 1

    async def _child(self, width: int, height: int) -> Running:
        if (width, height) in self._children:
            return self._children[width, height]
        model = self._tools.face_model
        assert model is not None
        command = python_command(self._tools, CHILD, [str(model), str(width), str(height)], reads=[model], scratch=None)
        child = await self._stack.enter_async_context(started(command, self._limits, feed=True, total_s=None))
        await _answer(child)
        self._children[width, height] = child
        return child


async def find_faces(path: Path, probe: Probe, span: Span, tools: Tools, limits: Limits) -> list[Face]:
    """One look with a child of its own; several looks are cheaper through one `FaceFinder`."""
    async with FaceFinder(tools, limits) as finder:
        return await finder.find(path, probe, span)


def _size(width: int, height: int) -> tuple[int, int]:
    scale = LONG_SIDE / max(width, height)
    return tuple(max(round(side * scale / GRAIN), 2) * GRAIN for side in (width, height))  # type: ignore[return-value]


async def _ask(child: Running, frame: bytes) -> list[list[float]]:
    assert child.stdin is not None
    child.stdin.write(frame)
    with contextlib.suppress(ConnectionError):
        await child.stdin.drain()
    return await _answer(child)


async def _answer(child: Running) -> list[list[float]]:
    try:
        async with asyncio.timeout(child.limits.idle_s):
            line = await child.stdout.readline()
    except TimeoutError:
        raise stalled(child.words) from None
    if not line:
        await child.finish()
    boxes: list[list[float]] = json.loads(line)
    return boxes
