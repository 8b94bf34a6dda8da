"""The process that records: told on stdin what, it says on stdout what it holds. It knows no database and no secret."""

import asyncio
import fcntl
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.ingest.ytdlp import is_platform, resolve_live
from pipeline.live.follow import Follower, summary
from pipeline.live.ring import Kept, Ring
from pipeline.live.room import FULL, Room
from pipeline.live.web import Web
from pipeline.media.tools import Limits

EX_TEMPFAIL = 75
"""Another recorder works in the folder."""
TICK_S = 1.0
SCRATCH = "asking"
MOST_ORDER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What the recorder is started with: the folder of the rings, how long and how large they may be."""

    folder: str
    seconds: float
    most_bytes: int
    net_allow: tuple[str, ...] = ()

    def to_json(self) -> str:
        """As it travels on the command line."""
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Orders:
    """What to record (address by stream) and which stretches to keep (by stream); replaces the orders before."""

    streams: Mapping[int, str]
    keep: Mapping[int, tuple[Kept, ...]]

    def to_line(self) -> bytes:
        """As it travels on stdin."""
        keep = {str(stream): [asdict(kept) for kept in stretches] for stream, stretches in self.keep.items()}
        return json.dumps({"streams": {str(k): v for k, v in self.streams.items()}, "keep": keep}).encode() + b"\n"

    @classmethod
    def of_line(cls, line: bytes) -> "Orders":
        """Reads what `to_line` wrote."""
        data = json.loads(line)
        keep = {int(stream): tuple(Kept(**one) for one in stretches) for stream, stretches in data["keep"].items()}
        return cls({int(stream): url for stream, url in data["streams"].items()}, keep)


class Recorder:
    """All streams of one machine, their rings below `plan.folder`, under one cap."""

    def __init__(self, plan: Plan, web: Web) -> None:
        self.plan, self._web = plan, web
        self.room = Room(plan.most_bytes)
        self.room.evict = self._evict
        self.rings: dict[int, Ring] = {}
        self._following: dict[int, tuple[Follower, asyncio.Task[None]]] = {}
        folder = Path(plan.folder)
        for path in sorted(folder.iterdir()):
            if path.is_dir() and path.name.isdigit():
                self.rings[int(path.name)] = Ring(path, self.room)
        # A cap that was lowered holds from now on.
        self.room.take(0)

    async def follow(self, orders: Orders) -> None:
        """Start and stop what the orders say."""
        for stream, (follower, _) in list(self._following.items()):
            if orders.streams.get(stream) != follower.url:
                await self._stop(stream)
        for stream, url in orders.streams.items():
            if stream not in self.rings:
                self.rings[stream] = self._new_ring(stream)
            if stream not in self._following:
                follower = Follower(self.rings[stream], self._web, url, self._resolve)
                self._following[stream] = (follower, asyncio.create_task(follower.run()))
        for stream, ring in self.rings.items():
            ring.kept = orders.keep.get(stream, ())

    def expire(self) -> None:
        """Remove what is too old, and rings that hold nothing and record nothing."""
        for stream, ring in list(self.rings.items()):
            ring.expire(time.time(), self.plan.seconds)
            if not ring.entries and stream not in self._following:
                ring.discard()
                del self.rings[stream]

    def report(self) -> dict[int, dict[str, Any]]:
        """What each ring holds."""
        return {
            stream: self._following[stream][0].summary() if stream in self._following else summary(ring)
            for stream, ring in self.rings.items()
        }

    async def close(self) -> None:
        """Stop all; the rings stay."""
        for stream in list(self._following):
            await self._stop(stream)

    async def _stop(self, stream: int) -> None:
        _, task = self._following.pop(stream)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _resolve(self, url: str) -> str:
        if not is_platform(url):
            return url
        return await resolve_live(
            url, Path(self.plan.folder, SCRATCH), Limits(total_s=60, cpu_s=60), net_allow=self.plan.net_allow
        )

    def _new_ring(self, stream: int) -> Ring:
        """An empty ring; on a full disk what is oldest makes room for its folder."""
        while True:
            try:
                return Ring(Path(self.plan.folder, str(stream)), self.room)
            except OSError as error:
                if error.errno not in FULL or not self._evict():
                    raise

    def _evict(self) -> bool:
        """The oldest piece of all streams goes; those that are kept go last."""
        for kept in (False, True):
            first = [(entry.got, stream) for stream, ring in self.rings.items() if (entry := ring.first(kept=kept))]
            if first:
                ring = self.rings[min(first)[1]]
                entry = ring.first(kept=kept)
                ring.remove([entry] if entry else [])
                return True
        return False


async def record(plan: Plan) -> int:
    """Work in an existing folder until stdin ends or SIGTERM; returns the exit status."""
    if not _locked(Path(plan.folder)):
        return EX_TEMPFAIL
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Web(plan.net_allow) as web:
        recorder = Recorder(plan, web)
        chores = [asyncio.create_task(_obey(recorder)), asyncio.create_task(_tell(recorder))]
        stopping = asyncio.create_task(stop.wait())
        ended, _ = await asyncio.wait([*chores, stopping], return_when=asyncio.FIRST_COMPLETED)
        for chore in (*chores, stopping):
            chore.cancel()
        await recorder.close()
        for chore in ended:
            chore.result()
    return 0


def _locked(folder: Path) -> bool:
    """Prepares the folder, unless another recorder works in it; the lock ends with this process."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return False
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    (folder / SCRATCH).mkdir()
    return True


async def _obey(recorder: Recorder) -> None:
    orders = asyncio.StreamReader(limit=MOST_ORDER_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async for line in orders:
        await recorder.follow(Orders.of_line(line))


async def _tell(recorder: Recorder) -> None:
    told: dict[int, dict[str, Any]] = {}
    while True:
        recorder.expire()
        report = recorder.report()
        for stream in told | report:
            found = report.get(stream, {})
            if found != told.get(stream):
                sys.stdout.write(json.dumps({"stream": stream, **found}) + "\n")
        sys.stdout.flush()
        told = report
        await asyncio.sleep(TICK_S)


def main(arguments: list[str]) -> int:
    """The process: the plan as JSON is its one argument."""
    data = json.loads(arguments[0])
    plan = Plan(**{**data, "net_allow": tuple(data["net_allow"])})
    try:
        import uvloop
    except ImportError:
        return asyncio.run(record(plan))
    return int(uvloop.run(record(plan)))
