"""Live events for many listeners: one reader of the queue's events, each frame encoded once, resumable by id."""

import asyncio
import json
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from loguru import logger

from db import requests
from pipeline.events import Event
from pipeline.queue.facade import Queue

RING = 2000
BACKLOG = 256
"""Frames that a listener may lag behind before it is cut off; it comes back with the id of its last one."""
LOOK_BACK_S = 300
RESET = b"event: reset\ndata: {}\n\n"
"""Tells a listener that there is a gap: look at the lists again."""
Id = tuple[int, int]


@dataclass(eq=False, slots=True)
class Listener:
    """One open stream; None in its queue ends it."""

    frames: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(BACKLOG))

    def push(self, frame: bytes | None) -> None:
        """Give a frame; who can't keep up is ended."""
        try:
            self.frames.put_nowait(frame)
        except asyncio.QueueFull:
            while not self.frames.empty():
                self.frames.get_nowait()
            self.frames.put_nowait(None)


class Hub:
    """Reads events once and hands them to every listener; a silent stream shows life every `heartbeat_s` seconds."""

    def __init__(self, queue: Queue, *, heartbeat_s: float = 15.0) -> None:
        self.heartbeat_s = heartbeat_s
        self._queue = queue
        self._listeners: set[Listener] = set()
        self._ring: deque[tuple[Id, bytes]] = deque(maxlen=RING)
        self._known_from: Id = (0, 0)
        self._public: OrderedDict[int, str] = OrderedDict()
        self._reader: asyncio.Task[None] | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to read, from a few minutes back so that listeners of an earlier process can resume."""
        self._known_from = (int((time.time() - LOOK_BACK_S) * 1000), 0)
        self._reader = asyncio.create_task(self._read())

    def end_streams(self) -> None:
        """End every stream, so that a shutdown need not wait for listeners to leave."""
        self._closed = True
        for listener in self._listeners:
            listener.push(None)

    async def stop(self) -> None:
        """Stop reading."""
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait({self._reader})

    @property
    def listening(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    @asynccontextmanager
    async def listen(self, last_id: str | None) -> AsyncIterator[Listener]:
        """Open a stream that goes on after `last_id`, or starts now."""
        listener = Listener()
        for frame in self._missed(last_id):
            listener.push(frame)
        self._listeners.add(listener)
        if self._closed:
            listener.push(None)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def _missed(self, last_id: str | None) -> list[bytes]:
        if last_id is None:
            return []
        last = _id(last_id)
        frames = [frame for at, frame in self._ring if last is not None and at > last]
        oldest = self._ring[0][0] if len(self._ring) == RING else self._known_from
        if last is None or last < oldest or len(frames) >= BACKLOG:
            return [RESET]
        return frames

    async def _read(self) -> None:
        after: str | None = f"{self._known_from[0]}-0"
        while True:
            try:
                async for event in self._queue.follow(None, after=after):
                    after = event.seq or after
                    await self._tell(event)
            except Exception as error:
                logger.warning("reading live events failed, trying again", error=type(error).__name__)
                await asyncio.sleep(1)

    async def _tell(self, event: Event) -> None:
        body = {
            "request": await self._public_id(event.request_id),
            "job": event.job_id,
            "kind": event.kind,
            "state": event.state,
            "stage": event.stage,
            "fraction": event.fraction,
            "eta_s": event.eta_s,
            "note": event.note,
            "at": event.at,
        }
        frame = _frame(event.seq, json.dumps(body))
        if (at := _id(event.seq)) is not None:
            self._ring.append((at, frame))
        for listener in tuple(self._listeners):
            listener.push(frame)

    async def _public_id(self, request_id: int | None) -> str | None:
        if request_id is None:
            return None
        if request_id not in self._public:
            request = await requests.by_id(self._queue.pool, request_id)
            if request is None:
                return None
            self._public[request_id] = request.public_id
            if len(self._public) > RING:
                self._public.popitem(last=False)
        return self._public[request_id]


def _frame(seq: str, data: str) -> bytes:
    return f"id: {seq}\ndata: {data}\n\n".encode() if seq else f"data: {data}\n\n".encode()


def _id(text: str) -> Id | None:
    at, _, number = text.partition("-")
    if (
        len(text) > 40
        or not (at.isascii() and at.isdigit())
        or (number and not (number.isascii() and number.isdigit()))
    ):
        return None
    return int(at), int(number or 0)
