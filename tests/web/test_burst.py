"""A burst at the door of a real process: one job of every genuine event, however often it comes, whatever dies."""

import asyncio
import random
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import psutil
import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector

from clipnet import processes
from clipnet.settings import Settings
from db import markers
from tests.bot.doorbell import LINK, signed
from tests.bot.rig import Ledger
from tests.conftest import REPOSITORY, Database
from tests.web.doorbell_api import NAME

EVENTS = 10_000
CALLERS = 50
JOBS = "select count(*) from jobs where kind = 'clip:process'"
WAITING = "select count(*) from deliveries where done_at is null and given_up_at is null"


@dataclass
class Process:
    """The api in a process of its own, which may be killed."""

    environ: dict[str, str]
    alive: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self, crash_at: str = "") -> str:
        """Start it; returns its address."""
        process = await asyncio.create_subprocess_exec(
            *processes.command([sys.executable, "-m", "tests.web.doorbell_api"], death_signal=signal.SIGKILL),
            cwd=REPOSITORY,
            env=self.environ | {"CLIPNET_CRASH_AT": crash_at},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self.alive.append(process)
        assert process.stdout is not None
        return (await process.stdout.readline()).decode().strip()

    @property
    def memory_bytes(self) -> int:
        """What it has resident."""
        return int(psutil.Process(self.alive[-1].pid).memory_info().rss)

    async def end(self) -> None:
        """Leave nothing running."""
        for process in self.alive:
            if process.returncode is None:
                process.terminate()
            await process.wait()


@pytest.fixture
async def process(
    api_settings: Settings, environ: dict[str, str], database: Database, ledger: Ledger
) -> AsyncIterator[Process]:
    """The api, not started yet."""
    await markers.write(ledger.conn, "test")
    found = Process(
        environ
        | {
            "CLIPNET_ROLE": "api",
            "DATABASE_URL": database.url("api"),
            "API_WRITE_TOKEN": api_settings.web.token or "",
            "PYTHONPATH": str(REPOSITORY),
        }
    )
    yield found
    await found.end()


def event(number: int) -> dict[str, Any]:
    """A person's request for a clip, different from all others."""
    text = f"!clip {LINK}?v={number} 1:20"
    return {"id": f"event-{number}", "user": f"user-{number}", "channel": f"channel-{number % 20}", "text": text}


async def knock(client: ClientSession, number: int, *, bad: bool = False) -> int:
    """Send one event; returns the status, 0 when no answer came."""
    body, headers = signed(event(number), secret=b"somebody else's" if bad else b"knock three times")
    try:
        async with client.post(f"/hooks/{NAME}", data=body, headers=headers) as response:
            return response.status
    except ClientError:
        return 0


async def burst(client: ClientSession, knocks: Iterable[tuple[int, bool]]) -> Counter[tuple[bool, int]]:
    """Send events by many callers at once; counts answers by whether the signature was bad."""
    waiting = iter(knocks)
    found: Counter[tuple[bool, int]] = Counter()

    async def caller() -> None:
        for number, bad in waiting:
            found[bad, await knock(client, number, bad=bad)] += 1

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return found


async def drained(ledger: Ledger, within_s: float) -> None:
    """Wait until everything was handled."""
    async with asyncio.timeout(within_s):
        while await ledger.value(WAITING):  # noqa: ASYNC110 - the database is looked at
            await asyncio.sleep(0.1)


def at(address: str) -> ClientSession:
    """A client of the process."""
    return ClientSession(address, connector=TCPConnector(limit=CALLERS), timeout=ClientTimeout(30))


@pytest.mark.timeout(900)
async def test_a_burst_makes_one_job_of_each_genuine_event(process: Process, ledger: Ledger) -> None:
    dice = random.Random(3)
    bad = {(n, True) for n in range(EVENTS, EVENTS + EVENTS // 100)}
    genuine = [(n, False) for n in range(EVENTS - EVENTS // 5)]
    sent = [*genuine, *dice.sample(genuine, EVENTS // 5), *bad]
    dice.shuffle(sent)
    address = await process.start()
    async with at(address) as client:
        await burst(client, [(10**6 + n, False) for n in range(100)])
    await drained(ledger, 60)
    before = process.memory_bytes
    async with at(address) as client:
        answers = await burst(client, sent)
        at_peak = process.memory_bytes
        assert answers == {(False, 204): EVENTS, (True, 403): len(bad)}
        assert await ledger.value("select count(*) from deliveries") == len(genuine) + 100
        await drained(ledger, 600)
        after = process.memory_bytes
    assert await ledger.value(JOBS) == len(genuine) + 100
    assert await ledger.value("select count(*) from deliveries where given_up_at is not null") == 0
    assert max(at_peak, after) - before < 50 * 1024 * 1024


POINTS = [
    "delivery.after-commit-before-acknowledge:20",
    "delivery.before-handle:20",
    "delivery.after-handle-before-done:20",
    "queue.after-commit-before-zadd:20",
]


@pytest.mark.parametrize("point", POINTS)
async def test_a_kill_at_any_point_loses_and_doubles_nothing(process: Process, ledger: Ledger, point: str) -> None:
    """What was acknowledged is handled by the next process; what was not is sent again, as platforms do."""
    events: list[int] = []
    acknowledged: set[int] = set()
    async with at(await process.start(crash_at=point)) as client:
        dead = asyncio.create_task(process.alive[-1].wait())
        while not dead.done():
            events.append(len(events))
            if await knock(client, events[-1]) == 204:
                acknowledged.add(events[-1])
    assert dead.result() == -signal.SIGKILL
    written = await ledger.value("select count(*) from deliveries")
    assert written >= len(acknowledged)
    async with at(await process.start()) as client:
        answers = [await knock(client, number) for number in events if number not in acknowledged]
        assert set(answers) == {204}
        await drained(ledger, 60)
    assert await ledger.value("select count(*) from deliveries where done_at is not null") == len(events)
    assert await ledger.value(JOBS) == len(events)


def test_every_point_between_the_knock_and_the_job_is_tried() -> None:
    code = "".join(path.read_text() for path in (REPOSITORY / "bot").glob("*.py"))
    named = set(re.findall(r'crash_point\("([^"]+)"\)', code))
    assert named <= {point.partition(":")[0] for point in POINTS}
