"""What the one worker leaves in the ledger: who ran what, under which lease, in which states, and nothing twice."""

import signal
from typing import Any

import psutil
import pytest
from aiohttp import ClientSession

from db import job_events
from db.job_events import replayed_state
from pipeline.jobs import JOB_TYPES, JobType, NewJob, Payload
from tests.faults.rig import Rig

FLOW = ["clip:process", "whisper:batch", "ml:score", "ffmpeg:polish", "post:discord", "clipbot:notify"]
_DONE = """
select e.id, e.job_id, j.kind from job_events e join jobs j on j.id = e.job_id where e.to_state = 'done'
"""
AFTER_A_STEP = "finish.after-commit-before-announce"
FIELDS: dict[str, Any] = {
    "request_id": 1,
    "clip_id": 1,
    "revision": 1,
    "stream_id": 1,
    "report_id": 1,
    "copy_id": 1,
    "account": "a",
    "about": "request",
    "audio_key": "a",
    "spans": [(0, 1)],
    "community_id": 1,
    "episode": "e",
    "platform": "twitch",
    "what": "bot",
    "channel": "c",
}


def _new(declared: JobType[Payload]) -> NewJob[Payload]:
    fields = {name: FIELDS[name] for name in declared.payload.model_fields if name in FIELDS}
    return NewJob(declared, declared.payload.model_validate(fields))


@pytest.mark.req("R-026", "positive")
@pytest.mark.req("R-047", "positive")
@pytest.mark.req("R-048", "positive")
@pytest.mark.req("R-064", "positive")
async def test_every_kind_of_job_is_run_by_the_one_worker(rig: Rig) -> None:
    await rig.worker(every_kind=True).working()
    await rig.queue.enqueue(*map(_new, JOB_TYPES.values()))
    await rig.all_ended()
    rows = await rig.pool.fetch("select kind, state, attempt, executed_by from jobs order by id")
    holder = await rig.value("select holder from worker_lease")
    assert [tuple(row) for row in rows] == [(kind, "done", 1, holder) for kind in JOB_TYPES]


@pytest.mark.req("R-086", "positive")
async def test_a_claim_is_recorded_with_the_epoch_of_the_lease(rig: Rig) -> None:
    first = rig.worker()
    await first.working()
    first.send(signal.SIGTERM)
    await first.ended()
    await rig.worker().working()
    job = await rig.chore("slow 60")
    await rig.until_started(f"slow-{job}")
    claim = await rig.pool.fetchrow("select state, epoch, executed_by from jobs where id = $1", job)
    lease = await rig.pool.fetchrow("select 'running', epoch, holder from worker_lease")
    assert claim is not None
    assert lease is not None
    assert tuple(claim) == tuple(lease)
    assert lease["epoch"] == 2
    events = [(each.to_state, each.epoch) for each in await job_events.history(rig.pool, job)]
    assert events == [("ready", None), ("running", 2)]


@pytest.mark.req("R-087", "positive")
async def test_the_history_of_every_step_is_complete_and_leads_to_its_state(rig: Rig) -> None:
    rig.worker()
    await rig.request()
    await rig.all_ended()
    jobs = await rig.pool.fetch("select id, kind, state, result from jobs order by id")
    assert {job["kind"] for job in jobs} == set(FLOW)
    for job in jobs:
        history = await job_events.history(rig.pool, job["id"])
        tries = 2 if job["kind"] == "ml:score" else 1
        assert [each.to_state for each in history] == ["ready", "running"] * tries + ["done"]
        assert replayed_state(history) == job["state"]
        assert [each.at for each in history] == sorted(each.at for each in history)
        assert job["kind"] != "post:discord" or job["result"]["remote"].startswith("remote-post-")


@pytest.mark.req("R-070", "negative")
async def test_killed_after_every_step_it_goes_on_with_the_next_and_repeats_none(rig: Rig) -> None:
    request = await rig.request()
    died_after: set[str] = set()
    kept: dict[int, int] = {}
    for _ in range(20):
        if await rig.value("select state = 'done' from requests where id = $1", request):
            break
        doomed = rig.worker(crash_at=AFTER_A_STEP, options={"max_crashes": 99})
        assert await doomed.ended() == -signal.SIGKILL
        done = [row for row in await rig.pool.fetch(_DONE) if row["job_id"] not in kept]
        died_after |= {row["kind"] for row in done}
        kept |= {row["job_id"]: row["id"] for row in done}
    assert died_after == set(FLOW)
    last = await rig.pool.fetch("select job_id, max(id) from job_events group by job_id")
    assert {row[0]: row[1] for row in last} == kept
    assert await rig.value("select count(*) from jobs") == 9
    assert await rig.broken() == []


@pytest.mark.req("R-057", "negative")
async def test_the_worker_answers_nothing_but_its_health_and_its_metrics(rig: Rig) -> None:
    worker = rig.worker()
    await worker.working()
    sockets = psutil.Process(worker.pid).net_connections("inet")
    (port,) = {each.laddr.port for each in sockets if each.status == psutil.CONN_LISTEN}
    async with ClientSession(f"http://127.0.0.1:{port}") as client:
        for path in ("/health/live", "/health/ready", "/metrics", "/metrics/json"):
            async with client.get(path) as response:
                assert response.status == 200, path
        for path in ("/", "/static/app.js", "/ops/metrics", "/health", "/api/v1/clips", "/api/v1/openapi.json"):
            async with client.get(path) as response:
                assert response.status == 404, path
        for path in ("/api/v1/clip", "/api/v1/jobs/cancel", "/session"):
            async with client.post(path, json={}) as response:
                assert response.status == 404, path
