"""A worker process of one's own beside a terminal; a standby where one runs already."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from clipnet import processes
from clipnet.cli.surroundings import Surroundings
from clipnet.ending import whole
from clipnet.errors import Misconfigured, Unavailable

STOP_S = 8.0
EX_TEMPFAIL = 75
EX_CONFIG = 78


@dataclass(frozen=True, slots=True)
class LocalWorker:
    """The child, and the file that its lines go to."""

    child: asyncio.subprocess.Process
    log: Path

    async def failed(self) -> None:
        """Wait until it ends by itself for another reason than that a worker runs already.

        Raises:
            Misconfigured, Unavailable: it did.
        """
        status = await self.child.wait()
        if status == EX_TEMPFAIL:
            await asyncio.Event().wait()
        kind = Misconfigured if status == EX_CONFIG else Unavailable
        raise kind(f"The worker ended with status {status}.", hint=f"Its last lines are in {self.log}.")


@asynccontextmanager
async def local_worker(found: Surroundings) -> AsyncIterator[LocalWorker]:
    """Run `clipnet serve` as the worker for this block; nothing of it is left afterwards."""
    state = Path(found.worker["CLIPNET_STATE_DIR"]) if found.embedded else found.settings().state_dir
    state.mkdir(parents=True, exist_ok=True)
    log = state / "worker.log"
    argv = processes.command([sys.executable, "-m", "clipnet", "serve"], death_signal=signal.SIGTERM)
    with log.open("wb") as lines:
        child = await asyncio.create_subprocess_exec(
            *argv,
            env=dict(found.worker),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
            start_new_session=True,
        )
    try:
        yield LocalWorker(child, log)
    finally:
        await whole(processes.stop_async(child, grace_s=STOP_S))
