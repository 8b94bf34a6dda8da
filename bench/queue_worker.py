"""The worker process of the benches: `python -m bench.queue_worker`. Its handler only says when it started."""

import asyncio
import sys
import time

from clipnet.settings import load_settings
from pipeline.jobs import OPS_PRUNE, Maintenance
from pipeline.worker.handler import Done, JobContext
from pipeline.worker.main import run, run_worker


async def _noop(_: JobContext, payload: Maintenance) -> Done:
    started = time.monotonic()
    if payload.note:
        await asyncio.sleep(float(payload.note))
    return Done({"started": started})


if __name__ == "__main__":
    sys.exit(run(lambda: run_worker(load_settings(), {OPS_PRUNE.kind: _noop})))
