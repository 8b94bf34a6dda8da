"""Cuts are exact to the frame at whatever fraction of a second a stream began; frames are when the clock says."""

from pathlib import Path

import av
import pytest

from pipeline.live.clock import Laid
from pipeline.live.cut import cut
from pipeline.live.ring import Ring
from pipeline.media.tools import Limits, Tools
from tests.pipeline.live.conftest import laid_out
from tests.pipeline.live.origin import FPS, PIECE_S, Footage, Origin, make_footage, numbers_in

TICK_S = 0.001
BEGAN_AT = 1.7e9


@pytest.fixture(scope="session")
def as_broadcast(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Footage]:
    """Streams as they come: with pictures that refer to later ones, and sound that is ahead of the picture."""
    folder = tmp_path_factory.mktemp("as-broadcast")
    return {
        f"{kind} {later}": make_footage(tools, folder / f"{kind}-{later}", 7, kind=kind, later=later)
        for kind in ("mpegts", "fmp4")
        for later in (0, 2)
    }


async def made_of(ring: Ring, from_at: float, to_at: float, tools: Tools) -> tuple[Path, list[Laid]]:
    """A window, cut in a folder of its own."""
    into = ring.folder.parent / "cut" / "cut.mp4"
    into.parent.mkdir()
    return into, await cut(ring.folder, ring.entries, from_at, to_at, into, tools, Limits(total_s=60))


def times_in(path: Path) -> list[float]:
    """When each frame is shown, in seconds of the file."""
    with av.open(str(path)) as container:
        return [float(frame.time) for frame in container.decode(video=0)]


def at_of(second: float, laid: list[Laid]) -> float:
    """When a second of a cut was."""
    within = [each for each in laid if each.source_s <= second + TICK_S][-1]
    return within.at + second - within.source_s


@pytest.mark.parametrize(("began_s", "off_s"), [(0.0, 0.0), (1 / 3, -0.004), (0.123457, 0.004)])
@pytest.mark.parametrize("footage", ["mpegts 0", "fmp4 0"])
async def test_a_window_holds_its_frames_and_no_other(
    as_broadcast: dict[str, Footage], tools: Tools, tmp_path: Path, footage: str, began_s: float, off_s: float
) -> None:
    origin = Origin(as_broadcast[footage], started_at=BEGAN_AT + began_s)
    ring = laid_out(origin, tmp_path / "ring", gone={4}, off_s=off_s)
    path, laid = await made_of(ring, origin.at(15), origin.at(80), tools)
    numbers = numbers_in(tools, path)
    assert numbers == [*range(15, 40), *range(50, 80)]
    assert [at_of(second, laid) - off_s for second in times_in(path)] == pytest.approx(
        [origin.at(number) for number in numbers], abs=TICK_S
    )


@pytest.mark.parametrize(("footage", "gone"), [("mpegts 2", set()), ("mpegts 2", {4, 9}), ("fmp4 2", {4})])
async def test_pictures_that_refer_to_later_ones_are_no_reason_for_holes(
    as_broadcast: dict[str, Footage], tools: Tools, tmp_path: Path, footage: str, gone: set[int]
) -> None:
    origin = Origin(as_broadcast[footage], started_at=BEGAN_AT)
    ring = laid_out(origin, tmp_path / "ring", gone=gone)
    path, laid = await made_of(ring, origin.at(23), origin.at(117), tools)
    numbers = numbers_in(tools, path)
    wanted = [n for n in range(23, numbers[-1] + 1) if int(n / FPS / PIECE_S) not in gone]
    assert numbers == wanted
    # What the last one refers to is there too.
    assert 116 <= numbers[-1] <= 119
    assert laid[-1].at + laid[-1].length_s == pytest.approx(origin.at(117), abs=TICK_S)
    assert [at_of(second, laid) for second in times_in(path)] == pytest.approx(
        [origin.at(number) for number in numbers], abs=TICK_S
    )
