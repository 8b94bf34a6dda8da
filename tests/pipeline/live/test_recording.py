"""A real stream, recorded as it comes, and cut by time: what was asked for is what is seen."""

import asyncio
import os
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pipeline.live.cut import cut
from pipeline.live.index import FILE, read_index
from pipeline.live.recorder import Orders
from pipeline.live.ring import Kept
from pipeline.media.probe import probe
from pipeline.media.tools import Limits, Tools
from tests.pipeline.live.conftest import STREAM, filming, made, recorded_by
from tests.pipeline.live.origin import FPS, PIECE_S, Footage, Origin, numbers_in, serving

TICK_S = 0.001
AAC_S = 1024 / 48000


@pytest.mark.parametrize("clock", [True, False], ids=["its-own-clock", "no-clock"])
async def test_a_window_shows_what_happened_then(footage: Footage, tools: Tools, tmp_path: Path, clock: bool) -> None:
    origin = Origin(footage, clock=clock)
    async with filming(origin, tmp_path, tools) as booth:
        await booth.recorded(12)
        from_at, to_at = origin.at(37), origin.at(97)
        path, laid = await booth.cut(from_at, to_at)
    numbers = numbers_in(tools, path)
    seen = await probe(path, tools, Limits())
    # Without a clock of its own a stream is met some time after a piece came out: pieces are half a second long.
    late = 0 if clock else 37 - numbers[0]
    assert 0 <= late <= round(0.5 * FPS)
    assert numbers == list(range(37 - late, 97 - late))
    assert seen.duration_s == pytest.approx(to_at - from_at, abs=0.5 / FPS)
    assert (len(laid), laid[0].source_s) == (1, 0.0)
    # It begins with the frame that is nearest.
    assert laid[0].at == pytest.approx(from_at, abs=TICK_S if clock else 0.5 / FPS + TICK_S)
    assert "/too-large.m3u8" not in origin.hits


async def test_a_gap_is_known_and_what_lies_around_it_still_plays(
    footage: Footage, tools: Tools, tmp_path: Path
) -> None:
    origin = Origin(footage, gone={6, 7, 8}, listed=12, started_at=time.time() - 4)
    async with filming(origin, tmp_path, tools) as booth:
        await booth.beyond(1014)
        found = booth.told
        path, laid = await booth.cut(origin.at_piece(2), origin.at_piece(13))
    numbers = numbers_in(tools, path)
    assert [pytest.approx(each, abs=TICK_S) for each in found["gaps"]] == [[origin.at_piece(6), origin.at_piece(9)]]
    assert numbers == [*range(20, 60), *range(90, 130)]
    # Sound comes in larger parts than pictures, so what follows the gap begins by less than one of them later.
    assert [each.source_s for each in laid] == pytest.approx([0.0, 2.0], abs=AAC_S)
    assert [each.at for each in laid] == pytest.approx([origin.at_piece(2), origin.at_piece(9)], abs=TICK_S)


async def test_a_change_of_format_still_gives_a_file_that_plays(
    footage: Footage, larger: Footage, tools: Tools, tmp_path: Path
) -> None:
    origin = Origin(footage, other=larger, other_from=5, listed=12, started_at=time.time() - 4)
    async with filming(origin, tmp_path, tools) as booth:
        await booth.beyond(1014)
        path, laid = await booth.cut(origin.at(23), origin.at(140))
    numbers, seen = numbers_in(tools, path), await probe(path, tools, Limits())
    assert seen.video is not None
    assert seen.video.width == 320
    # Sound is encoded in whole parts, one of which only starts the encoder up.
    assert 117 / FPS <= seen.duration_s < 117 / FPS + 2 * AAC_S
    assert [each.source_s for each in laid] == pytest.approx([0.0, 27 / FPS], abs=AAC_S)
    # Every frame is in its place, also right before and after the join.
    assert numbers == list(range(23, 140))


async def test_fragments_with_their_head(fragments: Footage, tools: Tools, tmp_path: Path) -> None:
    origin = Origin(fragments, gone={4}, started_at=time.time() - 3)
    async with filming(origin, tmp_path, tools) as booth:
        await booth.beyond(1009)
        path, _ = await booth.cut(origin.at(15), origin.at(80))
    assert numbers_in(tools, path) == [*range(15, 40), *range(50, 80)]


async def test_what_follows_a_dropped_connection_is_recorded_again(
    footage: Footage, tools: Tools, tmp_path: Path
) -> None:
    origin = Origin(footage, listed=24)
    async with filming(origin, tmp_path, tools) as booth:
        await booth.recorded(3)
        origin.broken = True
        seen = len(origin.hits)
        await booth.until(lambda: len(origin.hits) > seen + 1 and booth.told["trouble"])
        origin.broken = False
        broke = booth.entries[-1].seq
        await booth.beyond(broke + 1)
        assert booth.told["trouble"] == ""
        await booth.beyond(broke + 6)
        report = booth.told
    assert report["trouble"] == ""
    # The outage was shorter than what the playlist holds, so nothing is missing.
    assert [entry.seq for entry in booth.entries] == list(range(1000, booth.entries[-1].seq + 1))
    assert len({entry.run for entry in booth.entries}) == 1
    assert report["gaps"] == []


async def test_numbers_that_begin_anew_are_no_end_and_nothing_is_recorded_twice(
    footage: Footage, tools: Tools, tmp_path: Path
) -> None:
    origin = Origin(footage, started_at=time.time() - 3)
    async with filming(origin, tmp_path, tools) as booth:
        await booth.beyond(1005)
        origin.reset_at = booth.entries[-1].seq - 1000 + 1
        last = origin.reset_at + 6
        await booth.until(lambda: any(entry.name.startswith(f"b{last}.") for entry in booth.entries))
        path, _ = await booth.cut(origin.at_piece(3), origin.at_piece(last))
    assert booth.told["gaps"] == []
    assert numbers_in(tools, path) == list(range(30, 10 * last))


async def test_an_address_that_expires_is_looked_up_again(footage: Footage, tools: Tools, tmp_path: Path) -> None:
    origin = Origin(footage, token="one", listed=12)
    async with filming(origin, tmp_path, tools) as booth:
        await booth.recorded(3)
        origin.token = "two"
        before = booth.entries[-1].seq
        await booth.beyond(before + 6)
    assert origin.hits.count("/master.m3u8") >= 2
    assert booth.told["gaps"] == []


@pytest.mark.parametrize(
    ("extra", "trouble"),
    [('#EXT-X-KEY:METHOD=AES-128,URI="/key"', "encrypted"), ("#EXTINF:1e9,\n/x.ts", "can't be read")],
)
async def test_what_cannot_be_recorded_says_so(
    footage: Footage, tools: Tools, tmp_path: Path, extra: str, trouble: str
) -> None:
    origin = Origin(footage, extra=extra)
    async with filming(origin, tmp_path, tools) as booth:
        await booth.until(lambda: booth.told["trouble"])
        assert trouble in booth.told["trouble"]
        assert booth.entries == []


async def test_only_what_is_media_is_written_down(footage: Footage, tools: Tools, tmp_path: Path) -> None:
    hostile = Footage((b"ffconcat version 1.0\nfile '/etc/passwd'\n" * 20,) * 120, None, "ts")
    origin = Origin(hostile)
    async with filming(origin, tmp_path, tools) as booth:
        await booth.until(lambda: booth.told["trouble"])
        assert "can't be recorded" in booth.told["trouble"]
        assert [path.name for path in booth.ring.iterdir()] == [FILE]
    assert footage.pieces


async def test_a_private_address_is_not_asked(footage: Footage, tools: Tools, tmp_path: Path) -> None:
    origin, internal = Origin(footage), Origin(footage)
    async with serving(internal), filming(origin, tmp_path, tools) as booth:
        await booth.recorded(1)
        origin.tail = f"#EXTINF:{PIECE_S},\nhttp://{internal.place}/piece/0/a0.ts"
        await booth.until(lambda: booth.told["trouble"])
        assert "private network" in booth.told["trouble"] or "unusual port" in booth.told["trouble"]
        await booth.recorder.follow(Orders({STREAM: internal.url}, {}))
        await booth.until(lambda: booth.told["trouble"])
    assert internal.hits == []


async def test_the_ring_is_as_long_as_it_may_be_and_what_is_kept_stays(
    footage: Footage, tools: Tools, tmp_path: Path
) -> None:
    origin = Origin(footage)
    async with filming(origin, tmp_path, tools, seconds=3.0) as booth:
        await booth.recorded(4)
        kept = Kept(origin.at_piece(1) + 0.1, origin.at_piece(2) + 0.1)
        await booth.recorder.follow(Orders({STREAM: origin.url}, {STREAM: (kept,)}))
        longest = 0.0
        while booth.entries[-1].seq < 1014:
            booth.recorder.expire()
            rest = [entry for entry in booth.entries if entry.seq > 1002]
            longest = max([longest, *(rest[-1].ends_at - entry.at for entry in rest)])
            await booth.beyond(booth.entries[-1].seq + 1)
        booth.recorder.expire()
        assert [entry.seq for entry in booth.entries][:2] == [1001, 1002]
        assert booth.entries[2].seq > 1007
        assert longest <= 3.0 + PIECE_S + 0.01
        path, _ = await booth.cut(origin.at_piece(1), origin.at_piece(3))
        assert numbers_in(tools, path) == list(range(10, 30))
        await booth.recorder.follow(Orders({}, {}))
        booth.recorder.expire()
        assert 1001 not in {entry.seq for entry in booth.entries}


async def test_the_disk_cap_holds_at_every_moment(footage: Footage, tools: Tools, tmp_path: Path) -> None:
    piece = max(len(piece) for piece in footage.pieces)
    cap = piece * 5
    origin = Origin(footage)
    async with filming(origin, tmp_path, tools, most_bytes=cap) as booth:
        async with watched(booth.folder) as most_used:
            early = Kept(origin.at_piece(0), origin.at_piece(2))
            await booth.recorder.follow(Orders({STREAM: origin.url}, {STREAM: (early,)}))
            await booth.beyond(1009)
            kept = {entry.seq for entry in booth.entries}
            await booth.recorder.follow(Orders({STREAM: origin.url}, {STREAM: (Kept(0, origin.at_piece(999)),)}))
            await booth.beyond(1012)
        most = await most_used
        last = [entry.seq for entry in booth.entries]
    assert 3 * piece < most <= cap
    # Kept ones go last, and the oldest of them first.
    assert {1000, 1001} < kept
    assert 1000 not in last
    assert last == sorted(last)


async def test_a_cap_below_one_piece_records_nothing_and_says_so(
    footage: Footage, tools: Tools, tmp_path: Path
) -> None:
    cap = min(len(piece) for piece in footage.pieces) // 2
    async with filming(Origin(footage), tmp_path, tools, most_bytes=cap) as booth:
        await booth.until(lambda: booth.told["trouble"])
        assert "disk" in booth.told["trouble"]
        assert booth.entries == []
        assert used_in(booth.folder) <= cap


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a few pieces."""
    folder = made(tmp_path / "tiny")
    mount = ["mount", "-t", "tmpfs", "-o", "size=120k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may make a small file system here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_on_a_full_disk_the_oldest_makes_room_and_nothing_breaks(
    footage: Footage, tools: Tools, tiny_disk: Path, tmp_path: Path
) -> None:
    async with serving(Origin(footage, listed=16, started_at=time.time() - 7)) as origin:
        async with recorded_by(origin, tiny_disk / "live", tools) as booth:
            await booth.until(lambda: booth.recorder.rings[STREAM].entries[:1] and booth.entries[0].seq > 1000)
            await booth.beyond(booth.entries[-1].seq + 3)
            # Whole from the oldest to the newest, and whoever reads the folder finds the same.
            held = booth.entries
            assert held == booth.recorder.rings[STREAM].entries
            assert booth.told["trouble"] == ""
            assert [entry.seq for entry in held] == list(range(held[0].seq, held[-1].seq + 1))
            # There is room for the folder of one more.
            await booth.recorder.follow(Orders({STREAM: origin.url, STREAM + 1: origin.url}, {}))
            assert STREAM + 1 in booth.recorder.rings
        scratch = made(tmp_path / "cut")
        await cut(booth.ring, held, held[0].at, held[-1].ends_at, scratch / "cut.mp4", tools, Limits(total_s=60))
    first = round((held[0].at - origin.started_at) * FPS)
    assert numbers_in(tools, scratch / "cut.mp4") == list(range(first, first + len(held) * round(PIECE_S * FPS)))


async def test_several_streams_are_recorded_at_once_and_share_the_disk(
    footage: Footage, larger: Footage, tools: Tools, tmp_path: Path
) -> None:
    cap = 24 * max(len(piece) for piece in larger.pieces)
    async with (
        serving(Origin(larger, started_at=time.time() - 3)) as other,
        serving(Origin(footage, started_at=time.time() - 3)) as origin,
        recorded_by(origin, tmp_path / "live", tools, most_bytes=cap, others=[other]) as booth,
    ):
        await booth.recorder.follow(Orders({STREAM: origin.url, STREAM + 1: other.url}, {}))
        await booth.beyond(1009)
        await booth.until(lambda: [entry for entry in read_index(booth.folder / str(STREAM + 1)) if entry.seq >= 1008])
        beside = read_index(booth.folder / str(STREAM + 1))
        path, _ = await booth.cut(origin.at(45), origin.at(65))
        used = used_in(booth.folder)
    assert numbers_in(tools, path) == list(range(45, 65))
    assert [entry.seq for entry in beside] == list(range(beside[0].seq, beside[-1].seq + 1))
    assert used <= cap


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[asyncio.Task[int]]:
    """Looks into a folder during the block; what is given tells the most bytes there once it has ended."""
    stop = threading.Event()
    watching = asyncio.create_task(asyncio.to_thread(most_used_in, folder, stop))
    try:
        yield watching
    finally:
        stop.set()


def most_used_in(folder: Path, stop: threading.Event) -> int:
    """The most bytes that ever lay below a folder, looked at again and again."""
    most = 0
    while not stop.wait(0.005):
        most = max(most, used_in(folder))
    return most


def used_in(folder: Path) -> int:
    """Bytes of all files below a folder."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).stat().st_size
            except FileNotFoundError:
                continue
    return total


async def test_a_new_recorder_goes_on_where_the_last_one_stopped(
    footage: Footage, tools: Tools, tmp_path: Path
) -> None:
    async with serving(Origin(footage)) as origin:
        async with recorded_by(origin, tmp_path / "live", tools) as booth:
            await booth.recorded(4)
        # As a kill leaves it: a piece half written, a line half written.
        (booth.ring / "coming-000000099").write_bytes(b"\x47half")
        with (booth.ring / FILE).open("ab") as index:
            index.write(b'{"n": 99, "fi')
        async with recorded_by(origin, tmp_path / "live", tools) as again:
            await again.beyond(1010)
            path, laid = await again.cut(origin.at_piece(1), origin.at_piece(9))
    assert not (booth.ring / "coming-000000099").exists()
    assert numbers_in(tools, path) == list(range(10, 90))
    assert len(laid) == 1
    assert again.told["gaps"] == []


def test_decoding_notices_a_damaged_file(footage: Footage, tools: Tools, tmp_path: Path) -> None:
    path = tmp_path / "damaged.ts"
    path.write_bytes(footage.pieces[0][:5000] + b"\x00" * 5000 + footage.pieces[1])
    with pytest.raises((subprocess.CalledProcessError, AssertionError)):
        assert numbers_in(tools, path) == list(range(20))
