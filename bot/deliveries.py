"""The way in for events that platforms send by HTTP: verify, write down, acknowledge, and handle after that.

What holds: a delivery is committed before it is acknowledged; the same event twice is one row. Each is handed to its
hook at least once, in order within its lane: again after a crash in the middle of it, so whatever a hook does has to
bear a second time (the router dedupes by the event's id, so jobs stay single).
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from loguru import logger

from bot.context import Services
from bot.drain import Drain
from bot.hooks import Acknowledgement, Delivery, Hook, Knock
from bot.plain import plain
from clipnet.batcher import Batcher
from clipnet.clock import Clock, SystemClock
from clipnet.crashpoints import crash_point
from clipnet.ending import end
from clipnet.errors import BadInput, NotFound, Unavailable
from clipnet.metrics import counter
from clipnet.texts import text
from db import deliveries
from db.deliveries import Arrived
from db.pool import DATABASE_ERRORS

WRITE_S = 2.5
"""Seconds in which a delivery has to be written, else the platform is asked to send it again; Discord waits 3."""
MOST_AT_ONCE = 500
MOST_WAITING_BYTES = 16 * 1024 * 1024
"""Memory that deliveries may take while they wait to be written; what comes on top is to be sent again."""
ID_LENGTH = 200
STOP_S = 3.0

KNOCKS = counter("hook_knocks", "Requests at /hooks.", ("platform", "outcome"))
_committed = crash_point("delivery.after-commit-before-acknowledge")


class Intake:
    """Opens the doors of all platforms. One process of several that do may be gone at any time."""

    def __init__(
        self,
        services: Services,
        hooks: Mapping[str, Hook] | None = None,
        *,
        clock: Clock | None = None,
        write_s: float = WRITE_S,
    ) -> None:
        self._pool = services.queue.pool
        self._hooks = dict(hooks or {})
        self._drains = {
            name: Drain(name, hook, services.settings, clock or SystemClock()) for name, hook in self._hooks.items()
        }
        self._writes: Batcher[Arrived, None] = Batcher(self._write, most=MOST_AT_ONCE)
        self._write_s = write_s
        self._waiting_bytes = 0

    async def knock(self, platform: str, knock: Knock) -> Acknowledgement:
        """What a request at a platform's door is answered; its delivery is committed by then.

        Raises:
            NotFound: nobody listens there.
            Unavailable: it can't be written down now; the platform sends it again.
        """
        hook = self._hooks.get(platform)
        if hook is None:
            raise NotFound(text("Nobody listens here."))
        answer, arrived = _opened(platform, hook, knock)  # verifies before anything else is done with it
        if arrived is None:
            KNOCKS.labels(platform, "refused" if answer.status >= 400 else "answered").inc()
            return answer
        await self._keep(arrived)
        _committed()
        KNOCKS.labels(platform, "kept").inc()
        self._drains[platform].wake()
        return answer

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Handle what was written down, within this block; at its end what is being handled gets `STOP_S` seconds."""
        tasks = [asyncio.create_task(drain.run(), name=f"drain {name}") for name, drain in self._drains.items()]
        try:
            yield
        finally:
            for drain in self._drains.values():
                drain.stop()
            if tasks:
                _, late = await asyncio.wait(tasks, timeout=STOP_S)
                await end(late)

    async def _keep(self, arrived: Arrived) -> None:
        if self._waiting_bytes > MOST_WAITING_BYTES:
            raise _away()
        self._waiting_bytes += len(arrived.body)
        try:
            async with asyncio.timeout(self._write_s):
                await self._writes.ask(arrived)
        except DATABASE_ERRORS as error:
            logger.warning("a delivery can't be written down", platform=arrived.platform, error=type(error).__name__)
            raise _away() from error

    async def _write(self, arrived: Sequence[Arrived]) -> Sequence[None]:
        try:
            await deliveries.write(self._pool, arrived)
        finally:
            self._waiting_bytes -= sum(len(each.body) for each in arrived)
        return [None] * len(arrived)


def _away() -> Unavailable:
    return Unavailable(text("ClipNet can't take this now."), hint=text("Send it again."), retry_after_s=5.0)


def _opened(platform: str, hook: Hook, knock: Knock) -> tuple[Acknowledgement, Arrived | None]:
    """What a hook makes of a knock; 400 for a body that is none of the platform's."""
    try:
        answer = hook.open(knock)
        return answer, _arrived(platform, answer.delivery) if answer.delivery else None
    except BadInput as error:
        logger.warning("a knock can't be read", platform=platform)
        return Acknowledgement(400, error.sentence.encode()), None


def _arrived(platform: str, delivery: Delivery) -> Arrived:
    event_id = plain(delivery.event_id)
    if len(event_id) > ID_LENGTH:
        event_id = hashlib.sha256(event_id.encode()).hexdigest()
    return Arrived(platform, event_id, plain(delivery.lane), plain(delivery.kind), _json(delivery.body))


def _json(body: dict[str, Any]) -> str:
    """As text in which names can be found; with escapes where it holds halves of letters."""
    try:
        whole = json.dumps(body, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        whole.encode()
    except UnicodeEncodeError:
        return json.dumps(body, separators=(",", ":"), allow_nan=False)
    except ValueError:
        raise BadInput(text("This isn't JSON.")) from None
    return whole
