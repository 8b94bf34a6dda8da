"""One Redis for everything that both processes of an installation do with one."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from clipnet import processes
from clipnet.embedded.valkey import ValkeyServer
from db.pool import open_pool
from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import open_redis
from tests.conftest import REPOSITORY, Database

Address = tuple[str, int]


def _asked(process: subprocess.Popen[bytes]) -> set[Address]:
    """Every address that a process and its children hold a connection to."""
    found: set[Address] = set()
    for each in (root := psutil.Process(process.pid), *root.children(recursive=True)):
        try:
            sockets = each.net_connections("tcp")
        except psutil.NoSuchProcess:  # a child that was needed for a moment
            continue
        ours = {socket.laddr.port for socket in sockets if socket.status == psutil.CONN_LISTEN}
        found |= {(s.raddr.ip, s.raddr.port) for s in sockets if s.raddr and s.laddr.port not in ours}
    return found


@pytest.mark.req("R-049", "positive")
@pytest.mark.req("R-074", "positive")
async def test_api_and_worker_hold_connections_to_one_redis_and_the_ledger_alone(
    environ: dict[str, str], database: Database, valkey: ValkeyServer, tmp_path: Path
) -> None:
    started: dict[str, subprocess.Popen[bytes]] = {}
    for role in ("api", "worker"):
        values = {**environ, "CLIPNET_ROLE": role, "DATABASE_URL": database.url(role), "PYTHONPATH": str(REPOSITORY)}
        with (tmp_path / f"{role}.log").open("wb") as said:
            argv = [sys.executable, "-m", "clipnet", "serve"]
            started[role] = processes.start(argv, cwd=tmp_path, env=values, output=said)
    redis, ledger = ("127.0.0.1", valkey.port), ("127.0.0.1", database.cluster.server.port)
    asked: dict[str, set[Address]] = {role: set() for role in started}
    pool = await open_pool(database.url("api"), env="test")
    client = open_redis(environ["REDIS_URL"])
    try:
        (job,) = await Queue(pool, client, prefix="clipnet:test:").enqueue(NewJob(OPS_PRUNE, Maintenance()))
        until = time.monotonic() + 90
        while time.monotonic() < until:
            for role, process in started.items():
                asked[role] |= _asked(process)
            done = await pool.fetchval("select state = 'done' from jobs where id = $1", job)
            if done and all(redis in addresses for addresses in asked.values()):
                break
            await asyncio.sleep(0.05)
    finally:
        await client.aclose()
        await pool.close()
        for process in started.values():
            processes.stop(process, grace_s=5)
    said_by = {role: (tmp_path / f"{role}.log").read_text()[-2000:] for role in started}
    assert asked == {"api": {redis, ledger}, "worker": {redis, ledger}}, said_by
