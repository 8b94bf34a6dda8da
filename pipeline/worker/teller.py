"""Tells followers what jobs do, off the path of the work: states at once, progress at most a few times a second."""

import asyncio
from datetime import datetime

from redis.asyncio import Redis

from db.jobs import Job
from pipeline import events
from pipeline.events import Event

PROGRESS_EVERY_S = 0.25


class Teller:
    """Gathers events while the last ones are on their way; a Redis that is away costs the jobs nothing."""

    def __init__(self, redis: Redis, prefix: str) -> None:
        self._redis = redis
        self._prefix = prefix
        self._states: list[Event] = []
        self._progress: dict[tuple[int | None, str], Event] = {}
        self._news = asyncio.Event()

    def state(self, job: Job, state: str, at: datetime, note: str = "") -> None:
        """A job is now in `state`."""
        if state != "running":
            # A stage that has ended is worth telling, even right before the job's own end.
            said = [self._progress.pop(key) for key in list(self._progress) if key[0] == job.id]
            self._states += [event for event in said if event.fraction == 1.0]
        self._states.append(Event(job.request_id, job.id, job.kind, state, note=note, at=at.timestamp()))
        self._news.set()

    def progress(self, event: Event) -> None:
        """A job got on; of each of its stages only the newest word is told, so that a short stage is seen too."""
        self._progress[event.job_id, event.stage] = event
        self._news.set()

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._states:
                await self.flush()
            else:
                await asyncio.sleep(PROGRESS_EVERY_S)
                await self.flush()

    async def flush(self) -> None:
        """Tell what is there now."""
        told = [*self._states, *self._progress.values()]
        self._states, self._progress = [], {}
        if told:
            await events.publish(self._redis, *told[-events.STREAM_LENGTH :], prefix=self._prefix)
