"""Being the one worker: the advisory lock on its own connection, kept alive by pings, and the epoch it gives."""

import asyncio
import os
import time
from collections.abc import Callable

import asyncpg
from loguru import logger

from clipnet.crashpoints import crash_point
from clipnet.errors import Unavailable
from clipnet.texts import text
from db import lease as ledger
from db import pool as connections
from db.pool import DATABASE_ERRORS
from pipeline.queue import counters

EX_TEMPFAIL = 75
"""Exit status of a worker that may not work now; its supervisor starts it again."""

CLEANUP_S = 10.0

_locked = crash_point("takeover.locked-before-epoch")
_raised = crash_point("takeover.epoch-before-recovery")
_recovered = crash_point("takeover.recovered-before-first-claim")


class Lease:
    """The right to work, until `on_lost` is called. `worker` is this process's unique name."""

    def __init__(
        self,
        url: str,
        *,
        env: str,
        worker: str,
        version: str,
        config_hash: str,
        timeout_s: float,
        on_lost: Callable[[str], None],
    ) -> None:
        self.worker = worker
        self.epoch = 0
        self._url = url
        self._env = env
        self._version = version
        self._config_hash = config_hash
        self._timeout_s = timeout_s
        self._on_lost = on_lost
        self._conn: asyncpg.Connection | None = None
        self._pinger: asyncio.Task[None] | None = None
        self._alive_at = 0.0

    @property
    def application_name(self) -> str:
        """How all of this worker's database sessions are called, so that a successor can end them."""
        return self.worker

    def fresh(self) -> bool:
        """Whether the database surely still counts this process as the holder, by this machine's own clock."""
        return self.epoch > 0 and _now_s() - self._alive_at < self._timeout_s

    async def acquire(self, *, standby_s: float) -> bool:
        """Become the worker, at once or as soon as the present one ends; False after `standby_s` seconds in line."""
        self._conn = await connections.connect(
            self._url,
            env=self._env,
            application_name=self.worker,
            statement_timeout_s=0,
            idle_session_s=self._timeout_s,
        )
        if not await ledger.try_lock(self._conn):
            logger.info("Another worker works; waiting as a standby", standby_s=standby_s)
            if not await ledger.wait_for_lock(self._conn, timeout_s=standby_s):
                await self._conn.close()
                return False
        self._alive_at = _now_s()
        _locked()
        return True

    async def take_over(self) -> int:
        """Expel the former holder, begin an epoch and return it; make ready what was left. Pings until `release`."""
        conn = self._connection
        conn.add_termination_listener(self._terminated)
        await ledger.expel(conn, self.worker)
        epoch = await ledger.raise_epoch(
            conn,
            holder=self.worker,
            backend_pid=conn.get_server_pid(),
            version=self._version,
            config_hash=self._config_hash,
        )
        _raised()
        async with conn.transaction():
            recovered = await ledger.recover(conn, epoch)
        _recovered()
        self.epoch = epoch
        self._alive_at = _now_s()
        self._pinger = asyncio.create_task(self._ping(), name="lease-ping")
        counters.EPOCH.set(epoch)
        logger.info("This worker has the lease", epoch=epoch, recovered=len(recovered))
        return epoch

    async def release(self) -> None:
        """Let the standby in."""
        self.epoch = 0
        counters.EPOCH.set(0)
        if self._pinger:
            self._pinger.cancel()
        if self._conn:
            self._conn.remove_termination_listener(self._terminated)
            try:
                await self._conn.close(timeout=CLEANUP_S)
            except DATABASE_ERRORS:
                self._conn.terminate()

    @property
    def _connection(self) -> asyncpg.Connection:
        if self._conn is None:
            raise Unavailable(text("The lease has not been acquired."))
        return self._conn

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self._timeout_s / 5)
            sent_at = _now_s()
            try:
                async with asyncio.timeout(self._timeout_s / 3):
                    epoch = await ledger.ping(self._connection)
            except Exception as error:
                # Whatever it is: not being sure of the lease is not having it.
                return self._lose(f"the lease's connection failed: {type(error).__name__}")
            if epoch != self.epoch:
                return self._lose(f"the lease is at epoch {epoch}, mine was {self.epoch}")
            self._alive_at = sent_at

    def _terminated(self, _: object) -> None:
        self._lose("the database ended the lease's session")

    def _lose(self, why: str) -> None:
        if self.epoch:
            self.epoch = 0
            self._on_lost(why)


def exit_at_once(why: str) -> None:
    """End this process now, children first: whatever it still did would be done without the right to."""
    logger.critical("The lease is lost; this worker ends", why=why)
    for child in _children():
        try:
            os.kill(child, 9)
        except ProcessLookupError:
            continue
    os._exit(EX_TEMPFAIL)


def _children() -> list[int]:
    """Children of this process, by the kernel's own list; theirs are tied to them."""
    found: list[int] = []
    for task in os.scandir("/proc/self/task"):
        try:
            with open(f"{task.path}/children", encoding="ascii") as file:  # noqa: PTH123 - on the way out
                found += map(int, file.read().split())
        except OSError:
            continue
    return found


def _now_s() -> float:
    """A clock that also runs while this process, or the machine, is frozen."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
