"""Events that platforms send by HTTP: how many a second the door takes, beside a bare handler that inserts one row."""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from bench.context import CHECKOUT, Bench, BenchContext
from bench.hooks_server import NAME, signature
from bench.rows import Row
from clipnet import processes
from clipnet.cli.surroundings import surroundings
from db import deliveries
from db.pool import open_pool

EVENTS = 4000
CALLERS = 64
TEXT = "!clip the moment when the ball went over the wall, " * 6


async def hooks(ctx: BenchContext) -> list[Row]:
    """What the door takes while it hands deliveries on, in turn with the floor on the same database."""
    events, rounds = (500, 2) if ctx.quick else (EVENTS, 5)
    environ = {"ENV": "test", "PATH": os.environ.get("PATH", ""), "CLIPNET_STATE_DIR": str(Path(ctx.scratch, "state"))}
    numbers = count()
    taken, handed_on, floor = [], [], []
    with ExitStack() as stack:
        found = await asyncio.to_thread(stack.enter_context, surroundings(environ))
        ours, bare = [stack.enter_context(_server(side, {**found.api, "WEB_PORT": "0"})) for side in ("ours", "bare")]
        pool = await open_pool(found.settings().database.url, env="test", max_size=1)
        for turn in range(rounds + 1):
            bare_s = await _burst(bare, list(islice(numbers, events)))
            ours_s = await _burst(ours, list(islice(numbers, events)))
            rest_s = await _drained(pool)
            if turn:
                floor.append(events / bare_s)
                taken.append(events / ours_s)
                handed_on.append(events / (ours_s + rest_s))
        await pool.close()
    ctx.note(f"{rounds} rounds of {events} events by {CALLERS} connections; each side is a process; fsync is on")
    return [
        _row("signed events at /hooks; against verify, insert one row, answer", taken, floor, ">= 0.5"),
        _row("the same until each was handed to its hook", handed_on, floor, ""),
    ]


def _row(what: str, ours: list[float], floor: list[float], goal: str) -> Row:
    ratio = statistics.median(a / b for a, b in zip(ours, floor, strict=True))
    return Row("hooks", what, statistics.median(ours), "events/s", statistics.median(floor), goal, ratio)


async def _drained(pool: asyncpg.Pool) -> float:
    """Seconds until nothing waits to be handed on."""
    began = time.perf_counter()
    while (await deliveries.backlog(pool)).waiting:  # noqa: ASYNC110 - another process does it
        await asyncio.sleep(0.02)
    return time.perf_counter() - began


@contextmanager
def _server(side: str, environ: dict[str, str]) -> Iterator[str]:
    """One side in a process of its own; gives its address."""
    with subprocess.Popen(
        processes.command([sys.executable, "-m", "bench.hooks_server", side]),
        cwd=CHECKOUT,
        env={**environ, "PYTHONPATH": str(CHECKOUT), "LOG_LEVEL": "ERROR"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


async def _burst(address: str, numbers: list[int]) -> float:
    """Seconds to send events over connections that stay open; a client of few instructions, as it shares the cores."""
    waiting = iter([_request(number) for number in numbers])
    host, port = urlsplit(address).hostname, urlsplit(address).port

    async def caller() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 204 "):
                raise RuntimeError(head.decode())
        writer.close()
        await writer.wait_closed()

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return time.perf_counter() - began


def _request(number: int) -> bytes:
    body = json.dumps({"id": number, "channel": f"channel-{number % 50}", "text": TEXT}).encode()
    head = (
        f"POST /hooks/{NAME} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Event: event-{number}\r\nX-Signature: {signature(f'event-{number}', body)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


BENCHES: dict[str, Bench] = {"hooks": hooks}
