"""What a running job is given."""

import shutil
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from clipnet.crashpoints import crash_point
from db.jobs import Job
from pipeline.events import Event
from pipeline.worker.effects import Act, Effects, Lookup
from pipeline.worker.teller import Teller

_mid_step = crash_point("step.at-progress")


class Context:
    """`JobContext` of one attempt."""

    def __init__(self, job: Job, *, pool: asyncpg.Pool, effects: Effects, teller: Teller, scratch_root: Path) -> None:
        self.job = job
        self.job_id = job.id
        self.request_id = job.request_id
        self.clip_id = job.clip_id
        self.trace_id: UUID = job.trace_id
        self.attempt = job.attempt
        self.epoch = job.epoch or 0
        self.pool = pool
        self.news: dict[str, Any] | None = None
        self._effects = effects
        self._teller = teller
        self._folder = scratch_root / f"epoch-{self.epoch}" / f"job-{job.id}-{job.attempt}"
        self._began = time.monotonic()
        self._stage = ""
        self._stage_began = self._began

    @property
    def scratch(self) -> Path:
        """An empty folder of this attempt alone; made when first asked for."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    def clean(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def made_files(self) -> bool:
        """Whether there is a folder to remove."""
        return self._folder.exists()

    def progress(self, stage: str, fraction: float, note: str = "") -> None:
        """See `JobContext.progress`."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._stage_began = stage, now
        fraction = min(max(fraction, 0.0), 1.0)
        eta_s = (now - self._stage_began) * (1 - fraction) / fraction if fraction > 0 else None
        started = self.job.started_at.timestamp() if self.job.started_at else 0.0
        event = Event(
            self.request_id,
            self.job_id,
            self.job.kind,
            "running",
            stage,
            fraction,
            eta_s,
            note,
            started + now - self._began,
        )
        self.news = {"stage": stage, "fraction": fraction, "eta_s": eta_s, "note": note, "at": event.at}
        self._teller.progress(event)
        _mid_step()

    async def effect(self, key: str, act: Act, lookup: Lookup | None = None) -> str:
        """See `JobContext.effect`."""
        return await self._effects.perform(self.job, key, act, lookup)
