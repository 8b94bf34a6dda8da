"""Footage with a clock in it, and a recorder in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clipnet import carriers
from pipeline.live.clock import Laid
from pipeline.live.cut import cut
from pipeline.live.index import Entry, read_index
from pipeline.live.recorder import Orders, Plan, Recorder
from pipeline.live.ring import Ring
from pipeline.live.room import Room
from pipeline.live.web import Web
from pipeline.media.tools import Limits, Tools
from tests.pipeline.live.origin import PIECE_S, Footage, Origin, make_footage, serving

STREAM = 7
PATIENCE_S = 60.0
"""How long a test waits for what is recorded."""


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools(carriers.ffmpeg(), carriers.font_dir())


@pytest.fixture(scope="session")
def footage(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """A minute of transport stream."""
    return make_footage(tools, tmp_path_factory.mktemp("footage") / "ts", 60)


@pytest.fixture(scope="session")
def longer(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """More of it than a clip reaches back."""
    return make_footage(tools, tmp_path_factory.mktemp("footage") / "longer", 150)


@pytest.fixture(scope="session")
def larger(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """The same clock, filmed in another size."""
    return make_footage(tools, tmp_path_factory.mktemp("footage") / "larger", 60, scale=2)


@pytest.fixture(scope="session")
def fragments(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Footage:
    """The same clock as fragmented MP4."""
    return make_footage(tools, tmp_path_factory.mktemp("footage") / "fmp4", 60, kind="fmp4")


@dataclass(slots=True)
class Booth:
    """A recorder of one stream in this process."""

    recorder: Recorder
    origin: Origin
    folder: Path
    tools: Tools
    stream: int = STREAM

    @property
    def ring(self) -> Path:
        """The stream's folder."""
        return self.folder / str(self.stream)

    @property
    def entries(self) -> list[Entry]:
        """What a reader of the folder finds."""
        return read_index(self.ring)

    async def until(self, true: Callable[[], object]) -> None:
        """Waits until something is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not true():  # noqa: ASYNC110 - files have no event
                await asyncio.sleep(0.05)

    async def recorded(self, pieces: int) -> None:
        """Waits until so many pieces are there."""
        await self.until(lambda: len(self.recorder.rings[self.stream].entries) >= pieces)

    async def beyond(self, seq: int) -> None:
        """Waits until the piece of that number, or a later one, is there."""
        await self.until(lambda: self.entries and self.entries[-1].seq >= seq)

    @property
    def told(self) -> Any:
        """What the recorder tells of the stream."""
        return self.recorder.report()[self.stream]

    async def cut(self, from_at: float, to_at: float, name: str = "cut") -> tuple[Path, list[Laid]]:
        """Cuts a window, in a folder of its own."""
        scratch = self.folder.parent / name
        scratch.mkdir()
        into = scratch / "cut.mp4"
        laid = await cut(self.ring, self.entries, from_at, to_at, into, self.tools, Limits(total_s=60))
        assert [path.name for path in scratch.iterdir()] == ["cut.mp4"]
        return into, laid


def laid_out(origin: Origin, folder: Path, pieces: int = 13, *, gone: Collection[int] = (), off_s: float = 0.0) -> Ring:
    """A ring as the recorder leaves it, without the waiting; pieces say when they were, `off_s` wrong."""
    ring, run = Ring(folder, Room(1 << 30)), 1
    init = ring.add_init(origin.footage.init) if origin.footage.init else None
    for k in range(pieces):
        if k in gone:
            run += 1
            continue
        coming = ring.coming()
        coming.write_bytes(origin.footage.pieces[k])
        at = datetime.fromtimestamp(origin.at_piece(k) + off_s, UTC).timestamp()
        ring.add(
            coming, origin.footage.suffix, at=at, length_s=PIECE_S, exact=True, run=run, seq=k, name=str(k),
            init=init, got=at,
        )  # fmt: skip
    return ring


def made(folder: Path) -> Path:
    """A folder, as its owner makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@asynccontextmanager
async def recorded_by(
    origin: Origin,
    folder: Path,
    tools: Tools,
    *,
    seconds: float = 60.0,
    most_bytes: int = 1 << 30,
    stream: int = STREAM,
    others: Sequence[Origin] = (),
) -> AsyncIterator[Booth]:
    """Records the origin for this block; `others` may be asked too."""
    made(folder)
    async with Web([each.place for each in (origin, *others)]) as web:
        recorder = Recorder(Plan(str(folder), seconds, most_bytes), web)
        await recorder.follow(Orders({stream: origin.url}, {}))
        try:
            yield Booth(recorder, origin, folder, tools, stream)
        finally:
            await recorder.close()


@asynccontextmanager
async def filming(origin: Origin, folder: Path, tools: Tools, **more: Any) -> AsyncIterator[Booth]:
    """Serves and records a stream for this block; see `recorded_by`."""
    async with serving(origin), recorded_by(origin, folder / "live", tools, **more) as booth:
        yield booth
