"""Runs media tools: sandboxed, limited, with progress, and gone without a trace when cancelled."""

import asyncio
import contextlib
import functools
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from loguru import logger

from clipnet.ending import whole
from pipeline.media import sandbox
from pipeline.media.command import Command
from pipeline.media.failures import failure, stalled, too_slow
from pipeline.media.tools import Limits

Progress = Callable[[float], None]
"""Called with a fraction from 0 to 1 that only rises."""

GRACE_S = 3.0
TAIL_BYTES = 4000
PYTHON_HOMES = tuple({sys.prefix, sys.base_prefix, str(Path(sys.executable).resolve().parent)})


class Running:
    """A tool at work; `stdout` is for its user to read, stderr is drained and its end kept."""

    def __init__(self, process: Process, limits: Limits) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self.stdout = process.stdout
        self.stdin = process.stdin
        self.limits = limits
        self._tail = b""
        self._drain = asyncio.create_task(self._keep_tail(process.stderr))

    @property
    def words(self) -> str:
        """The last lines of stderr."""
        return self._tail.decode(errors="replace").strip()

    async def read(self, size: int = 1 << 18) -> bytes:
        """Some bytes of stdout, b"" at the end. Raises MediaFailed when the tool is silent for the idle limit."""
        try:
            async with asyncio.timeout(self.limits.idle_s):
                return await self.stdout.read(size)
        except TimeoutError:
            raise stalled(self.words) from None

    async def finish(self) -> str:
        """Waits for the end and returns the last words; raises the ClipNetError that fits when it failed."""
        try:
            async with asyncio.timeout(self.limits.idle_s):
                status = await self.process.wait()
                await self._drain
        except TimeoutError:
            raise stalled(self.words) from None
        if status != 0:
            raise failure(status, self.words)
        return self.words

    async def stop(self) -> None:
        """TERM to the group, KILL after `GRACE_S`; returns when nothing of it is left.

        What it still writes is read and dropped: one that waits for its reader doesn't hear TERM.
        """
        if self.process.returncode is None:
            self._signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(GRACE_S):
                    await self._gone()
            except TimeoutError:
                self._signal(signal.SIGKILL)
                await self._gone()
        await self._drain

    async def _gone(self) -> None:
        """asyncio counts a process as ended once its pipes are read to their end."""
        while await self.stdout.read(1 << 16):
            continue
        await self.process.wait()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    async def _keep_tail(self, stderr: asyncio.StreamReader) -> None:
        while chunk := await stderr.read(4096):
            self._tail = (self._tail + chunk)[-TAIL_BYTES:]


@asynccontextmanager
async def started(
    command: Command, limits: Limits, *, feed: bool = False, network: bool = False, total_s: float | None = 0
) -> AsyncIterator[Running]:
    """Starts `command` in its own session inside the sandbox; leaving the block, however, leaves no process.

    `feed` gives it a stdin to write to; `network` lets it open TCP connections. Raises MediaFailed past `total_s`
    seconds (None: never; default: that of `limits`).
    """
    starting = asyncio.create_task(_begin(command, limits, feed=feed, network=network))
    try:
        async with asyncio.timeout(limits.total_s if total_s == 0 else total_s):
            yield await asyncio.shield(starting)
    except TimeoutError:
        raise too_slow((await starting).words) from None
    finally:
        await whole(_end(starting))


async def _begin(command: Command, limits: Limits, *, feed: bool, network: bool) -> Running:
    process = await asyncio.create_subprocess_exec(
        *_launcher(command, limits, network),
        stdin=PIPE if feed else DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
        cwd=command.scratch or "/",
        env=_environment(command.scratch),
    )
    return Running(process, limits)


async def _end(starting: "asyncio.Task[Running]") -> None:
    """Ends what was begun, also when its user was cancelled before it was up."""
    running = await starting
    await running.stop()


async def run(command: Command, *, limits: Limits, progress: Progress | None = None, length_s: float = 0.0) -> str:
    """Runs an ffmpeg command to its end and returns its last words on stderr.

    `progress` hears fractions of `length_s` seconds of output. Cancelling the awaiting task ends the whole process
    group. Raises BadInput, DiskFull, MediaFailed or Unavailable with a sentence for the person.
    """
    command = Command((*command.argv, "-progress", "pipe:1", "-stats_period", "0.25"), command.reads, command.scratch)
    async with started(command, limits) as running:
        await _follow(running, progress, length_s)
        return await running.finish()


async def _follow(running: Running, progress: Progress | None, length_s: float) -> None:
    loop = asyncio.get_running_loop()
    block: dict[str, str] = {}
    seen: tuple[str | None, ...] = ()
    best = 0.0
    try:
        async with asyncio.timeout(running.limits.idle_s) as idle:
            async for line in running.stdout:
                key, _, value = line.decode(errors="replace").strip().partition("=")
                block[key] = value
                if key != "progress":
                    continue
                mark = (block.get("out_time_us"), block.get("total_size"), block.get("frame"))
                if mark != seen:
                    seen = mark
                    idle.reschedule(loop.time() + running.limits.idle_s)
                fraction = _fraction(block, length_s)
                if progress is not None and fraction > best:
                    best = fraction
                    progress(fraction)
    except TimeoutError:
        raise stalled(running.words) from None


def _fraction(block: dict[str, str], length_s: float) -> float:
    if block["progress"] == "end":
        return 1.0
    try:
        done_s = int(block.get("out_time_us", "0")) / 1e6
    except ValueError:
        return 0.0
    return min(done_s / length_s, 0.999) if length_s > 0 else 0.0


def _launcher(command: Command, limits: Limits, network: bool) -> list[str]:
    _landlock_known()
    policy = sandbox.Policy(
        parent=os.getpid(),
        read=(*map(str, command.reads), *PYTHON_HOMES),
        write=(str(command.scratch),) if command.scratch else (),
        memory_bytes=limits.memory_bytes,
        file_bytes=limits.file_bytes,
        cpu_s=limits.cpu_s,
        nice=limits.nice,
        network=network,
    )
    return [sys.executable, "-I", "-S", "-B", sandbox.__file__, policy.to_json(), "--", *command.argv]


def _environment(scratch: Path | None) -> dict[str, str]:
    home = str(scratch or "/nonexistent")
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": home,
        "TMPDIR": home,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": str(os.cpu_count() or 1),
    }


@functools.cache
def _landlock_known() -> None:
    if sandbox.landlock_abi() == 0:
        logger.warning("Landlock is absent: media tools run with limits but without a file sandbox")
