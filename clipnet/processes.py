"""Child processes that end with their parent, whatever happens to it, and that are ended as a whole group."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

_LAUNCH = str(Path(__file__).with_name("launch.py"))


@dataclass(frozen=True, slots=True)
class Account:
    """How a child gives up root: `drop` it, keep only the `reach` over closed folders, or in a `namespace`."""

    how: Literal["drop", "reach", "namespace"]
    uid: int
    gid: int


def command(
    argv: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGKILL,
    account: Account | None = None,
    nice: int = 0,
) -> list[str]:
    """The command line that runs `argv` (absolute path first) tied to the calling process.

    When that process ends, even by kill -9, the child gets `death_signal`. Linux ties it to the calling *thread*, so
    call and spawn from one that lives as long as the process: raises RuntimeError outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("children are tied to the thread that starts them: start them from the main thread")
    # sys.executable may be a venv's link; isolated mode without site packages starts in about 15 ms.
    words = [
        sys.executable,
        "-I",
        "-S",
        _LAUNCH,
        "--parent",
        str(os.getpid()),
        "--death-signal",
        str(int(death_signal)),
    ]
    if account:
        words += ["--identity", account.how, "--uid", str(account.uid), "--gid", str(account.gid)]
    if nice:
        words += ["--nice", str(nice)]
    return [*words, "--", *map(str, argv)]


def start(
    argv: Sequence[str | Path],
    *,
    death_signal: signal.Signals = signal.SIGKILL,
    account: Account | None = None,
    nice: int = 0,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, tied to this process; stdout and stderr go to `output`."""
    return subprocess.Popen(
        command(argv, death_signal=death_signal, account=account, nice=nice),
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
    )


def signal_group(pid: int, number: signal.Signals) -> None:
    """Send a signal to the whole group that `pid` leads; a group that is gone already is no error."""
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return


def stop(process: subprocess.Popen[bytes], *, gently: signal.Signals = signal.SIGTERM, grace_s: float = 3.0) -> int:
    """End the process gently, after `grace_s` its whole group by SIGKILL; returns its exit status."""
    if process.poll() is None:
        process.send_signal(gently)
        try:
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            signal_group(process.pid, signal.SIGKILL)
    signal_group(process.pid, signal.SIGKILL)
    return process.wait()


async def stop_async(process: asyncio.subprocess.Process, *, grace_s: float = 3.0) -> int:
    """`stop` for an asyncio child that leads its own session: TERM to the group, after `grace_s` KILL."""
    if process.returncode is None:
        signal_group(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_s):
                await process.wait()
        except TimeoutError:
            pass
        signal_group(process.pid, signal.SIGKILL)
    return await process.wait()
