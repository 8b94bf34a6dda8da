"""Tells every open page what changed: the whole at first, then item by item."""

import asyncio
import json
from collections.abc import AsyncIterator

from clipnet.cli.playground.platforms import Bell
from clipnet.cli.playground.shown import Shown

TOGETHER_S = 0.05
"""Changes within this time are told as one."""
LOOK_S = 5.0
"""Connections come and go without a request; so often they are looked at anyway."""
HEARTBEAT_S = 15.0


class Hub:
    """Compares what is shown with what was shown before."""

    def __init__(self, shown: Shown, bell: Bell) -> None:
        self._shown = shown
        self._bell = bell
        self._last: dict[str, str] = {}
        self._pages: set[asyncio.Queue[str]] = set()

    async def run(self) -> None:
        """Tell what changed until cancelled."""
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._bell.heard()
                await asyncio.sleep(TOGETHER_S)
            except TimeoutError:
                pass
            self._tell()

    async def follow(self) -> AsyncIterator[str]:
        """Server-sent events for one page: the whole, then every change."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        self._tell()
        self._pages.add(queue)
        try:
            yield _event("all", json.dumps([json.loads(text) for text in self._last.values()]))
            while True:
                try:
                    async with asyncio.timeout(HEARTBEAT_S):
                        yield await queue.get()
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._pages.discard(queue)

    def _tell(self) -> None:
        now = {key: json.dumps(item) for key, item in self._shown.items().items()}
        changed = [text for key, text in now.items() if self._last.get(key) != text]
        gone = [key for key in self._last if key not in now]
        self._last = now
        events = ([_event("items", f"[{','.join(changed)}]")] if changed else []) + (
            [_event("gone", json.dumps(gone))] if gone else []
        )
        for queue in self._pages:
            for event in events:
                queue.put_nowait(event)


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"
