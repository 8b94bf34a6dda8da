"""Keeps every adapter running, each for itself: what one of them does reaches neither the others nor the api."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

from loguru import logger

from bot.adapters.base import Adapter, AdapterState
from bot.adapters.table import said
from clipnet.clock import Clock, SystemClock
from clipnet.ending import end
from clipnet.errors import Misconfigured, NotAllowed, TooOften, Unavailable
from clipnet.metrics import counter, gauge

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 300.0
JITTER = 1.5
STEADY_S = 60.0
"""An adapter that ran this long has earned a quick restart."""
STOP_S = 3.0

RESTARTS = counter("adapter_restarts", "Adapters that were started again.", ("platform",))
RUNNING = gauge("adapter_running", "Whether the adapter was started and has not ended since.", ("platform",))


class Supervisor:
    """Runs adapters as tasks of this process's loop.

    One that raises, returns or is cancelled from inside is started again after a back-off. One that never lets go of
    the loop (a blocking call) would hold up everyone: adapters do such calls in threads.
    """

    def __init__(
        self, adapters: Mapping[str, Adapter], *, clock: Clock | None = None, dice: random.Random | None = None
    ) -> None:
        self._adapters = dict(adapters)
        self._clock = clock or SystemClock()
        self._dice = dice or random.Random()

    @asynccontextmanager
    async def running(self, *, stop_s: float = STOP_S) -> AsyncIterator[None]:
        """Keep them running within this block; at its end each is cancelled and gets `stop_s` seconds to end."""
        tasks = {
            asyncio.create_task(self._keep(adapter), name=f"adapter {name}"): name
            for name, adapter in self._adapters.items()
        }
        try:
            yield
        finally:
            await _end(tasks, within_s=stop_s)

    async def _keep(self, adapter: Adapter) -> None:
        """Run it until cancelled, or until another try is of no use."""
        failures = 0
        while True:
            began_s = self._clock.monotonic_s()
            error = await self._run(adapter)
            if isinstance(error, Misconfigured | NotAllowed):
                self._now(adapter, "failed", said(error))
                logger.error("an adapter is off until the settings change", platform=adapter.platform, why=said(error))
                return
            failures = 1 if self._clock.monotonic_s() - began_s >= STEADY_S else failures + 1
            pause_s = self._pause_s(failures, error)
            self._now(adapter, "waiting", f"{said(error)}; starts again in {pause_s:.0f} s")
            logger.opt(exception=error).warning(
                "an adapter ended and starts again", platform=adapter.platform, in_s=round(pause_s, 1)
            )
            await self._clock.sleep(pause_s)
            adapter.status.restarts += 1
            RESTARTS.labels(adapter.platform).inc()

    async def _run(self, adapter: Adapter) -> BaseException:
        """One life of an adapter; returns what ended it. Raises CancelledError when this task is to end."""
        self._now(adapter, "starting", "")
        RUNNING.labels(adapter.platform).set(1)
        try:
            await adapter.run()
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                self._now(adapter, "off", "")
                raise
            return error
        except (Exception, SystemExit) as error:  # a library's sys.exit would end the whole process
            return error
        finally:
            RUNNING.labels(adapter.platform).set(0)
        return RuntimeError("it ended by itself")

    def _pause_s(self, failures: int, error: BaseException) -> float:
        """What the platform asks for, else doubling with jitter."""
        asked_s = error.retry_after_s if isinstance(error, Unavailable | TooOften) else None
        doubled_s = min(LONGEST_PAUSE_S / JITTER, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 30))
        return max(asked_s or 0.0, doubled_s * self._dice.uniform(1.0, JITTER))

    def _now(self, adapter: Adapter, state: AdapterState, note: str) -> None:
        adapter.status.state, adapter.status.note, adapter.status.since = state, note, self._clock.now()


async def _end(tasks: Mapping[asyncio.Task[None], str], *, within_s: float) -> None:
    """Cancel tasks; one that swallows every cancellation is closed, as the loop would wait for it for ever."""
    try:
        async with asyncio.timeout(within_s):
            await end(tasks)
    except TimeoutError:
        for task, name in tasks.items():
            if not task.done():
                logger.error("an adapter refuses to end", platform=name)
                _close(task)
        await asyncio.wait(tasks, timeout=1.0)


def _close(task: asyncio.Task[None]) -> None:
    coroutine = task.get_coro()
    if coroutine is not None:
        with suppress(RuntimeError):
            coroutine.close()
    task.cancel()
