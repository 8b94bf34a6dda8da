"""Measuring two things in turn, so that a busy minute of the machine falls on both."""

import asyncio
import os
import resource
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: seconds of the clock, and seconds of processor of this process and its finished children."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Paired:
    """Runs of two sides in turn; `load` is the machine's one-minute load average before the first."""

    ours: tuple[Sample, ...]
    floor: tuple[Sample, ...]
    load: float

    @property
    def wall_s(self) -> float:
        return statistics.median(s.wall_s for s in self.ours)

    @property
    def floor_wall_s(self) -> float:
        return statistics.median(s.wall_s for s in self.floor)

    @property
    def cpu_s(self) -> float:
        return statistics.median(s.cpu_s for s in self.ours)

    @property
    def floor_cpu_s(self) -> float:
        return statistics.median(s.cpu_s for s in self.floor)

    @property
    def wall_ratio(self) -> float:
        """Median of the ratios of neighbouring runs."""
        return statistics.median(a.wall_s / b.wall_s for a, b in zip(self.ours, self.floor, strict=True))

    @property
    def cpu_ratio(self) -> float:
        """Median of the ratios of neighbouring runs."""
        return statistics.median(a.cpu_s / b.cpu_s for a, b in zip(self.ours, self.floor, strict=True))


def _cpu_s() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(u.ru_utime + u.ru_stime for u in used)


async def sample(work: Work) -> Sample:
    """Run `work` once. Children count once they were waited for."""
    cpu, wall = _cpu_s(), time.perf_counter()
    await work()
    return Sample(time.perf_counter() - wall, _cpu_s() - cpu)


async def paired(ours: Work, floor: Work, *, rounds: int = 3, warm_up: bool = True) -> Paired:
    """Run both sides in turn, `rounds` times each, after one unmeasured turn of both when `warm_up`."""
    load = os.getloadavg()[0]
    if warm_up:
        await floor()
        await ours()
    a: list[Sample] = []
    b: list[Sample] = []
    for _ in range(rounds):
        b.append(await sample(floor))
        a.append(await sample(ours))
    return Paired(tuple(a), tuple(b), load)


async def command(*args: str | Path) -> None:
    """Run a bare command to its end: a floor.

    Raises:
        RuntimeError: it failed; carries the end of what it said.
    """
    process = await asyncio.create_subprocess_exec(
        *map(str, args),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{args[0]} ended with {process.returncode}: {said.decode(errors='replace')[-400:]}")


def peak_rss_bytes(pid: int) -> int:
    """The most memory process `pid` itself has had resident so far (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"process {pid} tells no peak memory")
