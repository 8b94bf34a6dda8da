"""The queue against its floor, against peers, and how fast a standby takes over."""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.context import CHECKOUT, Bench, BenchContext, Skipped
from bench.queue_ground import DATABASE, Ground, ground
from bench.rows import Row
from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob

PEER_TIMEOUT_S = 120.0
PEERS = CHECKOUT / ".clipnet" / "bench-venv"


async def latency(ctx: BenchContext) -> list[Row]:
    """From `enqueue` to the first line of the handler, idle; in turn with one commit and one round trip to Redis."""
    rounds = 60 if ctx.quick else 300
    async with ground(ctx.scratch) as here:
        here.worker()
        await here.working()
        ours, floor = [], []
        for turn in range(rounds + 20):
            floor_s, ours_s = await _floor(here), await _start(here)
            if turn >= 20:
                floor.append(floor_s)
                ours.append(ours_s)
        ctx.note(f"{rounds} jobs, one at a time; the floor is an autocommitted insert plus one ZADD")
    return [
        Row(
            "queue-latency", "enqueue to handler's start, idle, median; against one commit + one Redis round trip",
            statistics.median(ours) * 1e3, "ms", statistics.median(floor) * 1e3, "<= 3",
        )
    ]  # fmt: skip


async def _floor(here: Ground) -> float:
    began = time.monotonic()
    await here.pool.execute("insert into feedback (text) values ($1)", "x")
    await here.queue.redis.zadd("floor", {"x": 1.0})
    return time.monotonic() - began


async def _start(here: Ground) -> float:
    began = time.monotonic()
    (job,) = await here.queue.enqueue(NewJob(OPS_PRUNE, Maintenance()))
    await asyncio.sleep(0.01)
    await here.until("select state = 'done' from jobs where id = $1", job)
    started = await here.pool.fetchval("select result -> 'started' from jobs where id = $1", job)
    return float(started) - began


async def throughput(ctx: BenchContext) -> list[Row]:
    """No-op jobs that wait when the worker starts, in turn with peers on the same servers."""
    peers = peers_python()
    count, rounds = (500, 1) if ctx.quick else (3000, 3)
    ours, pgqueuer, saq = [], [], []
    async with ground(ctx.scratch) as here:
        for _ in range(rounds):
            ours.append(await _drain(here, count))
            superuser = here.postgres.url(database=DATABASE)
            pgqueuer.append(await _peer(peers, "pgqueuer_noop.py", superuser, count))
            saq.append(await _peer(peers, "saq_noop.py", here.valkey.url(database=1), count))
    ctx.note(f"{rounds} rounds of {count} jobs; saq keeps jobs in Redis alone, so a lost Redis loses them")
    value = statistics.median(ours)
    what = "no-op jobs through ledger and queue, one worker"
    return [
        Row("queue-throughput", f"{what}; against pgqueuer at batch size 1", value, "jobs/s",
            statistics.median(pgqueuer), ">= 1", statistics.median(a / b for a, b in zip(ours, pgqueuer, strict=True))),
        Row("queue-throughput", f"{what}; beside saq", value, "jobs/s", statistics.median(saq)),
    ]  # fmt: skip


async def _drain(here: Ground, count: int) -> float:
    """Jobs a second from the first start to the last end."""
    ids = await here.queue.enqueue(*[NewJob(OPS_PRUNE, Maintenance()) for _ in range(count)])
    await here.pool.execute("select 1")
    here.worker()
    last = "select not exists (select from jobs where id between $1 and $2 and state in ('ready', 'running'))"
    await here.until(last, ids[0], ids[-1])
    here.stop_workers()
    seconds = await here.pool.fetchval(
        "select extract(epoch from max(ended_at) - min(started_at))::float8 from jobs where id between $1 and $2",
        ids[0],
        ids[-1],
    )
    return count / float(seconds)


async def _peer(python: Path, script: str, url: str, count: int) -> float:
    child = await asyncio.create_subprocess_exec(
        python, CHECKOUT / "bench" / "peers" / script, url, str(count), stdout=subprocess.PIPE
    )
    try:
        out, _ = await asyncio.wait_for(child.communicate(), PEER_TIMEOUT_S)
    except TimeoutError:
        child.kill()
        raise
    if child.returncode:
        raise RuntimeError(f"{script} ended with {child.returncode}")
    return float(out)


async def takeover(ctx: BenchContext) -> list[Row]:
    """Kill -9 of the worker under a running job, with a standby in line: until that job runs again."""
    kills = 5 if ctx.quick else 50
    took = []
    async with ground(ctx.scratch) as here:
        active = here.worker()
        await here.working()
        for _ in range(kills):
            standby = here.worker()
            await here.until("select exists (select from pg_locks where locktype = 'advisory' and not granted)")
            (job,) = await here.queue.enqueue(NewJob(OPS_PRUNE, Maintenance(note="0.5")))
            await here.until("select state = 'running' from jobs where id = $1", job)
            killed_at = time.time()
            active.kill()
            active.wait()
            again = "select crashes = 1 and state in ('running', 'done') from jobs where id = $1"
            await here.until(again, job)
            took.append(float(await here.pool.fetchval(_STARTED, job)) - killed_at)
            await here.until("select state = 'done' from jobs where id = $1", job)
            active = standby
    ctx.note(f"{kills} kills; the slowest took {max(took):.3f} s")
    return [
        Row("queue-takeover", "kill -9 to the interrupted job running again, median", statistics.median(took), "s",
            goal="< 0.2")
    ]  # fmt: skip


_STARTED = "select extract(epoch from started_at)::float8 from jobs where id = $1"


def peers_python() -> Path:
    """The interpreter of the peers' own environment, made from `bench/peers.lock` at the first call."""
    python = PEERS / "bin" / "python"
    stamp = PEERS / "lock"
    lock = (CHECKOUT / "bench" / "peers.lock").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", PEERS], check=False).returncode == 0
        install = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", "bench/peers.lock"]
        if not made or subprocess.run(install, cwd=CHECKOUT, check=False, env=os.environ).returncode:
            raise Skipped("the peers of bench/peers.lock can't be installed")
        stamp.write_text(lock)
    return python


BENCHES: dict[str, Bench] = {"queue-latency": latency, "queue-throughput": throughput, "queue-takeover": takeover}
