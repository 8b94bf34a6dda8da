"""`./run soak [--minutes N] [--kills N]`: random faults under a steady flow of requests; ends with the counts.

Kills, freezes and drains of the worker, FLUSHALL, kill -9 of Redis. Fails when an invariant is broken.
"""

import argparse
import asyncio
import random
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from clipnet.embedded.postgres import PostgresServer
from clipnet.embedded.roles import ROLES, create_database, provision
from clipnet.embedded.valkey import ValkeyServer
from db.migrate import migrate
from pipeline.queue.waiting_room import REDIS_ERRORS
from tests.conftest import Cluster, Database
from tests.faults.rig import BRIEF, Rig, Worker

STANDBYS = 2
OPTIONS = {**BRIEF, "max_crashes": 1000}
"""The soak freezes workers, and kills them far more often than life does: every job would look like poison."""


@dataclass(slots=True)
class Soak:
    """One run on one installation."""

    rig: Rig
    kills: int
    seconds: float
    dice: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    _crew: list[Worker] = field(default_factory=list)
    _frozen: list[Worker] = field(default_factory=list)

    async def run(self) -> list[str]:
        """Break things until both limits are reached, let everything end, and return what was violated."""
        ends_at = time.monotonic() + self.seconds
        async with asyncio.TaskGroup() as group:
            supervisor = group.create_task(self._supervise())
            while self.counts["kill"] < self.kills or time.monotonic() < ends_at:
                await self._accept()
                await asyncio.sleep(self.dice.uniform(0.05, 0.4))
                await self._fault()
            await self._wake()
            await self.rig.all_ended(within_s=120)
            supervisor.cancel()
        broken = await self.rig.broken()
        self.counts["jobs"] = await self.rig.value("select count(*) from jobs")
        self.counts["reruns"] = await self.rig.value("select coalesce(sum(crashes), 0) from jobs")
        self.counts["takeovers"] = await self.rig.value("select epoch from worker_lease")
        self.counts["effects"] = sum(self.rig.world.done.values())
        clips = await self.rig.value("select count(*) from clips")
        if clips != self.counts["effects"]:
            broken.append(f"{clips} clips, but {self.counts['effects']} effects outside")
        return broken

    async def _accept(self) -> None:
        """A request is accepted whether Redis is there or not."""
        await self.rig.request()
        self.counts["request"] += 1

    async def _supervise(self) -> None:
        while True:
            self._crew = [worker for worker in self._crew if worker.process.poll() is None]
            while len(self._crew) < STANDBYS:
                self._crew.append(self.rig.worker(options=OPTIONS, step_s=0.01))
            await asyncio.sleep(0.05)

    async def _fault(self) -> None:
        kinds, weights = ("kill", "flush", "redis", "freeze", "drain", "calm"), (50, 12, 6, 6, 6, 20)
        (kind,) = self.dice.choices(kinds, weights)
        victim = self.dice.choice(self._crew) if self._crew else None
        with suppress(*REDIS_ERRORS):
            if kind == "kill" and (holder := await self._holder()):
                holder.send(signal.SIGKILL)
            elif kind == "flush":
                await self.rig.redis.flushall()
            elif kind == "redis":
                self.rig.valkey.crash()
                self.rig.valkey.start()
            elif kind == "freeze" and victim:
                await self._wake()
                victim.send(signal.SIGSTOP)
                self._frozen.append(victim)
            elif kind == "drain" and victim:
                victim.send(signal.SIGTERM)
            else:
                return
            self.counts[kind] += 1

    async def _holder(self) -> Worker | None:
        name: str | None = await self.rig.value("select holder from worker_lease")
        return next((worker for worker in self._crew if name and f" {worker.pid} " in name), None)

    async def _wake(self) -> None:
        for worker in self._frozen:
            worker.send(signal.SIGCONT)
        self._frozen.clear()


async def soak(folder: Path, *, kills: int, seconds: float, seed: int) -> tuple[Counter[str], list[str]]:
    """Servers in `folder`, one run; returns counts and violations."""
    passwords = {role: secrets.token_urlsafe(12) for role in ROLES}
    postgres = PostgresServer(folder / "postgres", password=secrets.token_urlsafe(12))
    valkey = ValkeyServer(folder / "valkey", password=secrets.token_urlsafe(12))
    postgres.start()
    valkey.start()
    try:
        await provision(postgres.url(), passwords)
        admin = await asyncpg.connect(postgres.url())
        await create_database(admin, "soak")
        await admin.close()
        cluster = Cluster(postgres, passwords)
        await migrate(cluster.url("owner", "soak"), "test")
        async with Rig(Database(cluster, "soak"), valkey, folder) as rig:
            run = Soak(rig, kills, seconds, random.Random(seed))
            return run.counts, await run.run()
    finally:
        valkey.stop()
        postgres.stop()


def main(argv: list[str]) -> int:
    """Exit status 1 when an invariant was broken."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="go on for at least so long")
    parser.add_argument("--kills", type=int, default=200, help="and until the worker was killed so often")
    parser.add_argument("--seed", type=int, default=None, help="the dice of an earlier run")
    options = parser.parse_args(argv)
    seed = options.seed if options.seed is not None else secrets.randbelow(2**32)
    sys.stdout.write(f"soak: seed {seed}\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        counts, broken = asyncio.run(soak(Path(folder), kills=options.kills, seconds=options.minutes * 60, seed=seed))
    sys.stdout.write("soak: " + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) + "\n")
    sys.stdout.write("".join(f"BROKEN {each}\n" for each in broken) or "soak: every invariant holds\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
