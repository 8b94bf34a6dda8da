"""`clipnet up`: the API and the worker on this machine, with services of their own, until interrupted."""

import argparse
import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clipnet import processes
from clipnet.cli.surroundings import surroundings
from clipnet.embedded.ports import hold, reserve
from clipnet.settings import Role

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
STEADY_S: Final = 60.0
"""A child that ran this long has earned a quick restart."""
STOP_S: Final = 8.0
"""What both children get to finish after an interrupt."""
EX_CONFIG: Final = 78
USUAL_PORT: Final = 8080
Born = Callable[[Role, asyncio.subprocess.Process], None]


@dataclass(slots=True)
class Backoff:
    """How long to pause before a child that ended is started again."""

    pause_s: float = FIRST_PAUSE_S

    def next_s(self, lived_s: float) -> float:
        """The pause after a life of `lived_s` seconds; doubles from life to life until one was steady."""
        if lived_s >= STEADY_S:
            self.pause_s = FIRST_PAUSE_S
        pause, self.pause_s = self.pause_s, min(self.pause_s * 2, LONGEST_PAUSE_S)
        return pause


def main(argv: list[str]) -> int:
    """Run until SIGINT or SIGTERM; then nothing is left running. Returns 78 when a child refuses its settings."""
    parser = argparse.ArgumentParser(prog="clipnet up", description=__doc__)
    parser.add_argument("--port", type=int, help="port of the API (default: WEB_PORT, else 8080, else a free one)")
    options = parser.parse_args(argv)
    port, mark = _port(options.port)
    # SIGTERM as an exception, so that the services are left in order while they are still starting.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with surroundings({**os.environ, "WEB_PORT": str(port)}) as found:
        settings = found.settings()
        found.settings("worker")
        print(f"ClipNet {settings.version} is on {settings.web.base_url}", flush=True)
        print(f"Token of this run: {settings.web.token}", flush=True)
        with mark or nullcontext():
            return asyncio.run(_run({"api": found.api, "worker": found.worker}))


def _port(wanted: int | None) -> tuple[int, socket.socket | None]:
    """The port, and what keeps it ours until our API listens."""
    given = os.environ.get("WEB_PORT") or os.environ.get("PORT")
    if wanted is None and given:
        return int(given), None
    if wanted is not None:
        return (wanted, None) if wanted else hold()
    mark = reserve(USUAL_PORT)
    return (USUAL_PORT, mark) if mark else hold()


async def _run(children: Mapping[Role, Mapping[str, str]]) -> int:
    """Keep each child running until a signal, or until one refuses its configuration."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    keepers = [asyncio.create_task(keep(role, environ, ended)) for role, environ in children.items()]
    try:
        return max(await asyncio.gather(*keepers))
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def keep(
    role: Role,
    environ: Mapping[str, str],
    ended: asyncio.Event,
    *,
    log: Path | None = None,
    born_to: Born | None = None,
) -> int:
    """Keep one child running until `ended`, its lines in the file `log`; returns 78 when it refuses its settings.

    `born_to` is told of each child.
    """
    backoff = Backoff()
    while not ended.is_set():
        born = time.monotonic()
        child = await _born(environ, log)
        if born_to:
            born_to(role, child)
        waits = {asyncio.create_task(child.wait()), asyncio.create_task(ended.wait())}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        if ended.is_set():
            await processes.stop_async(child, grace_s=STOP_S)
            return 0
        if child.returncode == EX_CONFIG:
            ended.set()
            return EX_CONFIG
        pause_s = backoff.next_s(time.monotonic() - born)
        sys.stderr.write(f"The {role} ended with status {child.returncode}; it starts again in {pause_s:g} s.\n")
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await ended.wait()
    return 0


async def _born(environ: Mapping[str, str], log: Path | None) -> asyncio.subprocess.Process:
    argv = processes.command([sys.executable, "-m", "clipnet", "serve"], death_signal=signal.SIGTERM)
    with log.open("ab") if log else nullcontext() as lines:
        return await asyncio.create_subprocess_exec(
            *argv, env=dict(environ), stdout=lines, stderr=lines, start_new_session=True
        )
