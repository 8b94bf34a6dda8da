"""How many live streams one core records: the recorder's processor time, memory and disk beside a bare download."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.context import CHECKOUT, Bench, BenchContext
from bench.live_ground import PIECE_S, certify
from bench.measure import peak_rss_bytes
from bench.rows import Row
from pipeline.live.follow import gaps
from pipeline.live.index import read_index
from pipeline.live.recorder import Orders, Plan
from pipeline.live.supervise import CHILD

MBIT_S = 6.0
PIECE_BYTES = round(MBIT_S * 1e6 / 8 * PIECE_S)
FEW = 20
MOST = 50
"""Twice as many write as much as a plain disk takes beside other work, and it is the recorder that is measured here."""
FULL = 0.7
"""Of a core, what the largest measured number of streams may take; the rest is left for the machine's other work."""
RING_S = 16.0
SETTLE_S = 8.0
"""Until the backlog that playlists list is in and each stream is at its edge."""
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor for a minute of one stream, of the process with its finished children; its memory's peak.

    `lacking`: how many streams were not recorded whole.
    """

    cpu_s: float
    rss_bytes: int
    lacking: int = 0


async def live(context: BenchContext) -> list[Row]:
    """Rows for a few streams and for as many as the machine takes well, and what follows from those for one core."""
    seconds = 4.0 if context.quick else 12.0
    trust = certify(context.scratch)
    async with _running({}, "-m", "bench.live_ground", "origin", str(PIECE_BYTES), str(trust)) as origin:
        assert origin.stdout is not None
        ground = _Ground(f"127.0.0.1:{int(await origin.stdout.readline())}", {"SSL_CERT_FILE": str(trust)}, seconds)
        few = await ground.ours(FEW, _made(context.scratch / "few"))
        many = max(FEW + 1, min(MOST, int(FULL * 60 / few.cpu_s)))
        ours = await ground.ours(many, _made(context.scratch / "ours"))
        if few.lacking:
            raise RuntimeError(f"{few.lacking} of {FEW} streams were not recorded whole")
        if ours.lacking:
            context.note(f"This machine was too busy for {many} streams: {ours.lacking} of them lacked pieces.")
            many, ours = FEW, few
        bare = await ground.floor(many, _made(context.scratch / "floor"))
    what = f"{many} streams of {MBIT_S:g} Mbit/s"
    grown = (ours.rss_bytes - few.rss_bytes) / (many - FEW) if many > FEW else 0.0
    context.note(
        f"The recorder's whole process while it records in real time over loopback, with TLS; {many} streams took "
        f"{many * ours.cpu_s / 60:.0%} of a core and none lacked a piece. Streams per core are extrapolated from them."
    )
    context.note(
        f"The network's bound: a link of 1 Gbit/s carries {1000 / MBIT_S:.0f} such streams. "
        f"The disk's: one of 100 MB/s writes {800 / MBIT_S:.0f}; ten minutes of one are {MBIT_S * 600 / 8:.0f} MB."
    )
    return [
        Row("live", f"processor time for a minute of one stream, {FEW} streams", few.cpu_s, "s"),
        Row("live", f"the same, {what}; against a bare download", ours.cpu_s, "s", bare.cpu_s),
        Row("live", f"memory, {what}; against a bare download", ours.rss_bytes / 1e6, "MB", bare.rss_bytes / 1e6),
        Row("live", "memory that each further stream takes", grown / 1e6, "MB"),
        Row("live", "disk for a minute of one stream; against what was sent", ground.disk_mb, "MB", MBIT_S * 60 / 8),
        Row("live", "streams that one core records, extrapolated", 60 / ours.cpu_s, "streams", 60 / bare.cpu_s),
    ]


@dataclass(slots=True)
class _Ground:
    """Both sides at the same origin; `disk_mb` is what a minute of a stream took in the last ring, index included."""

    place: str
    environ: dict[str, str]
    seconds: float
    disk_mb: float = 0.0

    async def ours(self, count: int, folder: Path) -> Cost:
        plan = Plan(str(folder), RING_S, 32 << 30, (self.place,))
        async with _running(self.environ, "-I", "-B", str(CHILD), plan.to_json()) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(Orders({n: f"https://{self.place}/{n}/live.m3u8" for n in range(count)}, {}).to_line())
            # What it tells is read, so that it never waits for a reader.
            reading = asyncio.create_task(process.stdout.read())
            cost = await self._cost(process.pid, count)
            reading.cancel()
        return replace(cost, lacking=self._lacking(folder, count))

    async def floor(self, count: int, folder: Path) -> Cost:
        arguments = ("-m", "bench.live_ground", "floor", f"https://{self.place}", str(count), str(folder))
        async with _running(self.environ, *arguments) as process:
            return await self._cost(process.pid, count)

    async def _cost(self, pid: int, count: int) -> Cost:
        await asyncio.sleep(SETTLE_S)
        before = _cpu_s(pid)
        await asyncio.sleep(self.seconds)
        return Cost((_cpu_s(pid) - before) / self.seconds * 60 / count, peak_rss_bytes(pid))

    def _lacking(self, folder: Path, count: int) -> int:
        rings = [read_index(folder / str(n)) for n in range(count)]
        lacking = sum(1 for ring in rings if gaps(ring) or sum(each.length_s for each in ring) < RING_S - 2 * PIECE_S)
        used = sum(path.stat().st_size for path in folder.glob("*/*") if not path.name.startswith("coming-"))
        self.disk_mb = used / sum(each.length_s for ring in rings for each in ring) * 60 / 1e6
        return lacking


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _cpu_s(pid: int) -> float:
    """Of a process and its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


@asynccontextmanager
async def _running(environ: dict[str, str], *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    words: Sequence[str] = (sys.executable, *arguments)
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=CHECKOUT,
        env={**os.environ, **environ},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.terminate()
        await process.wait()


BENCHES: dict[str, Bench] = {"live": live}
