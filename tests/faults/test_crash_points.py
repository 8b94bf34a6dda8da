"""Kill -9 at every named place: nothing is lost, nothing swaps, nothing is done twice."""

import importlib
import pkgutil
import re
import signal
import subprocess
import sys

import pytest

import pipeline.queue
import pipeline.worker
from clipnet.crashpoints import POINTS
from tests.conftest import REPOSITORY
from tests.faults.rig import Rig

for package in (pipeline.queue, pipeline.worker):
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)

IN_THE_API = "queue.after-commit-before-zadd"
ROOMS = ("claim", "step", "effect", "finish", "takeover")
OF_THE_WORKER = sorted(name for name in POINTS if name.partition(".")[0] in ROOMS)
ONCE = {name for name in OF_THE_WORKER if name.startswith("takeover.")}
VISITS = [(name, visit) for name in OF_THE_WORKER for visit in (1, 3) if visit == 1 or name not in ONCE]


def test_every_point_of_queue_and_worker_is_tried_here() -> None:
    """A new one under another first word must be added to `ROOMS`."""
    code = "".join(f.read_text() for room in ("queue", "worker") for f in (REPOSITORY / "pipeline" / room).glob("*.py"))
    assert set(re.findall(r'crash_point\("([^"]+)"\)', code)) == {*OF_THE_WORKER, IN_THE_API}


@pytest.mark.req("R-050", "negative")
@pytest.mark.req("R-073", "positive")
@pytest.mark.parametrize(("point", "visit"), VISITS)
async def test_a_kill_at_any_point_loses_doubles_and_swaps_nothing(rig: Rig, point: str, visit: int) -> None:
    for _ in range(2):
        await rig.request()
    doomed = rig.worker(crash_at=f"{point}:{visit}")
    assert await doomed.ended() == -signal.SIGKILL
    rig.worker()
    await rig.all_ended()
    assert await rig.broken() == []
    assert len(rig.world.done) == 4


async def test_without_intents_a_kill_after_the_act_doubles_it(rig: Rig) -> None:
    await rig.request()
    doomed = rig.worker(crash_at="effect.after-act-before-done", no_intents=True)
    assert await doomed.ended() == -signal.SIGKILL
    rig.worker(no_intents=True)
    await rig.all_ended()
    assert rig.world.doubled


async def _accept_and_die(rig: Rig) -> None:
    environ = rig.environ(CLIPNET_CRASH_AT=IN_THE_API, CLIPNET_ROLE="api", DATABASE_URL=rig.database.url("api"))
    producer = subprocess.run(  # noqa: ASYNC221 - it ends at once
        [sys.executable, "-m", "tests.faults.producer"], cwd=REPOSITORY, env=environ, check=False
    )
    assert producer.returncode == -signal.SIGKILL
    assert await rig.redis.zcard(rig.keys.lane("io")) == 0


@pytest.mark.req("R-084", "negative")
@pytest.mark.req("R-062", "positive")
async def test_what_was_committed_but_never_announced_is_started_by_the_reconciler(rig: Rig) -> None:
    await _accept_and_die(rig)
    worker = rig.worker()
    await worker.working()
    await rig.all_ended()


async def test_without_the_reconciler_it_waits_for_ever(rig: Rig) -> None:
    await _accept_and_die(rig)
    worker = rig.worker(options={"reconcile_every_s": None})
    await worker.working()
    later = await rig.chore("slow 0.5")
    await rig.until("select state = 'done' from jobs where id = $1", later)
    assert await rig.value("select count(*) from jobs where state = 'ready'") == 1
