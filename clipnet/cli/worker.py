"""The worker's composition: which handler runs which kind of job."""

from collections.abc import Coroutine
from typing import Any

from clipnet.isolation import config_hash
from clipnet.settings import Settings
from pipeline.worker import maintenance
from pipeline.worker.handler import Handlers
from pipeline.worker.main import run_worker


def handlers() -> Handlers:
    """Every handler that a worker runs, by kind of job."""
    return {**maintenance.handlers()}


def main(settings: Settings) -> Coroutine[Any, Any, int]:
    """The worker process; its result is the exit status."""
    return run_worker(settings, handlers(), config_hash=config_hash(settings))
