"""The recorder as a child of the worker: told by the ledger, killed, started again, never recording twice at once."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import asyncpg
import psutil
import pytest

from clipnet import processes
from clipnet.settings import Settings, load_settings
from db import streams
from db.pool import open_pool
from pipeline.live.index import Entry, read_index
from pipeline.live.supervise import recording, ring_root
from tests.conftest import REPOSITORY, Database
from tests.pipeline.live.origin import Footage, Origin, serving
from tests.processes import processes_of


@asynccontextmanager
async def ledger(database: Database) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database.url("api"), env="test", max_size=2)
    try:
        yield pool
    finally:
        pool.terminate()


async def begin(pool: asyncpg.Pool, origin: Origin, name: str = "1") -> int:
    started_at = datetime.fromtimestamp(origin.started_at, UTC)
    async with pool.acquire() as conn:
        return await streams.start(conn, "twitch", f"c{name}", name, origin.url, started_at=started_at)


def live_settings(environ: dict[str, str], folder: Path, origin: Origin, **more: str) -> Settings:
    return load_settings({**environ, "NET_ALLOW": origin.place, **more}, folder=folder)


def entries(settings: Settings, stream: int) -> list[Entry]:
    return read_index(ring_root(settings) / str(stream))


async def until_seq(settings: Settings, stream: int, seq: int, within_s: float = 50.0) -> list[Entry]:
    async with asyncio.timeout(within_s):
        while True:
            found = entries(settings, stream)
            if found and found[-1].seq >= seq:
                return found
            await asyncio.sleep(0.05)


def recorders(settings: Settings) -> list[psutil.Process]:
    return [one for one in processes_of(ring_root(settings)) if "recorder_child.py" in " ".join(one.cmdline())]


async def test_the_ledger_says_what_is_recorded_and_learns_what_is_held(
    environ: dict[str, str], database: Database, footage: Footage, tmp_path: Path
) -> None:
    async with serving(Origin(footage, listed=240)) as origin, ledger(database) as pool:
        settings = live_settings(environ, tmp_path, origin, LIVE_MAX_STREAMS="1")
        async with recording(settings, poll_s=0.2):
            stream, beyond = await begin(pool, origin), await begin(pool, origin, "2")
            await until_seq(settings, stream, 1003)
            async with asyncio.timeout(50):
                while (found := await streams.get(pool, stream)) is None or not found.recording.get("pieces"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            other = await streams.get(pool, beyond)
            assert other is not None
            assert "No more than 1" in other.recording["trouble"]
            assert found.recording["from"] == pytest.approx(origin.started_at, abs=0.01)
            assert found.recording["bytes"] > 0
            assert entries(settings, beyond) == []
            (child,) = recorders(settings)
            secrets = environ["DATABASE_URL"], environ["REDIS_URL"], environ["API_WRITE_TOKEN"]
            assert not any(secret in value for value in child.environ().values() for secret in secrets)
            async with pool.acquire() as conn:
                await streams.end(conn, "twitch", "c1", "1", ended_at=datetime.now(UTC))
            # Its place is the next one's.
            (first, *_) = await until_seq(settings, beyond, 1000)
            last = entries(settings, stream)[-1].seq
            await until_seq(settings, beyond, first.seq + 4)
            assert entries(settings, stream)[-1].seq == last
    assert recorders(settings) == []


async def test_a_page_is_looked_up_by_a_child_of_the_recorder(
    environ: dict[str, str], database: Database, footage: Footage, tmp_path: Path
) -> None:
    async with ledger(database) as pool:
        origin = Origin(footage, url="https://x.com/")
        settings = live_settings(environ, tmp_path, Origin(footage, url="http://127.0.0.1:1/"))
        async with recording(settings, poll_s=0.2):
            stream = await begin(pool, origin)
            async with asyncio.timeout(100):
                while (found := await streams.get(pool, stream)) is None or not found.recording.get("trouble"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
    # Its own words, so it ran: inside the recorder's sandbox and its own, without asking anybody.
    assert found.recording["trouble"] == "This kind of link is not supported."


async def test_a_killed_recorder_is_started_again_and_nothing_is_lost(
    environ: dict[str, str], database: Database, footage: Footage, tmp_path: Path
) -> None:
    async with serving(Origin(footage, listed=240)) as origin, ledger(database) as pool:
        settings = live_settings(environ, tmp_path, origin)
        async with recording(settings, poll_s=0.2):
            stream = await begin(pool, origin)
            await until_seq(settings, stream, 1003)
            (child,) = recorders(settings)
            child.kill()
            found = await until_seq(settings, stream, entries(settings, stream)[-1].seq + 8)
            (again,) = recorders(settings)
            assert again.pid != child.pid
    assert [entry.seq for entry in found] == list(range(1000, found[-1].seq + 1))
    assert len({entry.run for entry in found}) == 1


async def test_a_killed_worker_takes_its_recorder_along_and_the_next_one_goes_on(
    environ: dict[str, str], database: Database, footage: Footage, tmp_path: Path
) -> None:
    async with serving(Origin(footage, listed=240)) as origin, ledger(database) as pool:
        settings = live_settings(environ, tmp_path, origin)
        stream = await begin(pool, origin)
        variables = {**environ, "NET_ALLOW": origin.place, "PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}
        argv: list[str | Path] = [sys.executable, "-m", "clipnet", "serve"]
        with (tmp_path / "worker.log").open("wb") as log:
            worker = processes.start(argv, cwd=REPOSITORY, env=variables, output=log)
            try:
                before = await until_seq(settings, stream, 1004)
                (child,) = recorders(settings)
                worker.kill()
                worker.wait()
                psutil.wait_procs([child], timeout=20)
                assert recorders(settings) == []
                recorded = entries(settings, stream)
                # What comes while nobody records can't be had any more when the next one begins.
                begun, gone = recorded[-1].seq - 1000 + 1, max(origin.out, recorded[-1].seq - 1000 + 4)
                origin.gone = set(range(begun, gone))
                worker = processes.start(argv, cwd=REPOSITORY, env=variables, output=log)
                after = await until_seq(settings, stream, 1000 + gone + 4)
            finally:
                worker.send_signal(signal.SIGTERM)
                worker.wait()
        assert recorders(settings) == []
    assert after[: len(recorded)] == recorded
    assert recorded[: len(before)] == before
    missing = [(a.ends_at, b.at) for a, b in pairwise(after) if b.at - a.ends_at > 0.2]
    assert missing == [pytest.approx((origin.at_piece(begun), origin.at_piece(gone)), abs=0.001)]
    assert len({entry.seq for entry in after}) == len(after)
