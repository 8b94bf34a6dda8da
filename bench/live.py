"""How many live streams one machine can record: the recorder's processor time and memory beside a bare download."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.context import CHECKOUT, Bench, BenchContext
from bench.measure import peak_rss_bytes
from bench.rows import Row
from pipeline.live.recorder import Orders, Plan
from pipeline.live.supervise import CHILD

PIECE_S = 2.0
MBIT_S = 6.0
PIECE_BYTES = round(MBIT_S * 1e6 / 8 * PIECE_S)
COUNTS = (1, 10, 30)
RING_S = 20.0
SETTLE_S = 8.0
"""Until the backlog that playlists list is in and each stream is at its edge."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor for a minute of one stream, and the most memory of the process in bytes."""

    cpu_s: float
    rss_bytes: int


async def live(context: BenchContext) -> list[Row]:
    """Rows for 1, 10 and 30 streams, and what follows from the last for one core."""
    seconds = 6.0 if context.quick else 20.0
    rows: list[Row] = []
    async with _running("-m", "bench.live_ground", "origin", str(PIECE_BYTES), str(PIECE_S)) as origin:
        assert origin.stdout is not None
        place = f"127.0.0.1:{int(await origin.stdout.readline())}"
        for count in COUNTS[:2] if context.quick else COUNTS:
            ours = await _recorder(place, count, _made(context.scratch / f"ours-{count}"), seconds)
            bare = await _floor(place, count, _made(context.scratch / f"floor-{count}"), seconds)
            what = f"{count} stream{'s' if count > 1 else ''} of {MBIT_S:g} Mbit/s"
            rows.append(Row("live", f"processor time for a minute of one, {what}", ours.cpu_s, "s", bare.cpu_s))
            rows.append(Row("live", f"memory, {what}", ours.rss_bytes / 1e6, "MB", bare.rss_bytes / 1e6))
    rows.append(Row("live", "streams that one core records, extrapolated", 60 / ours.cpu_s, "streams", 60 / bare.cpu_s))
    context.note(
        f"Extrapolated from {count} streams in real time over loopback without TLS; a link of 1 Gbit/s carries "
        f"{1000 / MBIT_S:.0f} such streams, and ten minutes of each take {MBIT_S * 600 / 8:.0f} MB of disk."
    )
    return rows


async def _recorder(place: str, count: int, folder: Path, seconds: float) -> Cost:
    plan = Plan(str(folder), RING_S, 8 << 30, (place,))
    async with _running("-I", "-B", str(CHILD), plan.to_json()) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(Orders({n: f"http://{place}/{n}/live.m3u8" for n in range(count)}, {}).to_line())
        # What it tells is read, so that it never waits for a reader.
        reading = asyncio.create_task(process.stdout.read())
        cost = await _cost(process.pid, count, seconds)
        reading.cancel()
    _check(folder, count)
    return cost


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _check(folder: Path, count: int) -> None:
    pieces = len(list(folder.glob("*/*.ts")))
    if pieces < count * RING_S / PIECE_S * 0.9:
        raise RuntimeError(f"only {pieces} pieces of {count} streams were recorded")


async def _floor(place: str, count: int, folder: Path, seconds: float) -> Cost:
    arguments = ("-m", "bench.live_ground", "floor", f"http://{place}", str(count), str(folder), str(PIECE_S))
    async with _running(*arguments) as process:
        return await _cost(process.pid, count, seconds)


async def _cost(pid: int, count: int, seconds: float) -> Cost:
    await asyncio.sleep(SETTLE_S + max(0.0, 14.0 - seconds))
    before = _cpu_s(pid)
    await asyncio.sleep(seconds)
    return Cost((_cpu_s(pid) - before) / seconds * 60 / count, peak_rss_bytes(pid))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@asynccontextmanager
async def _running(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    words: Sequence[str] = (sys.executable, *arguments)
    process = await asyncio.create_subprocess_exec(
        *words, cwd=CHECKOUT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


BENCHES: dict[str, Bench] = {"live": live}
