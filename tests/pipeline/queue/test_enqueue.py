"""Writing jobs: checked, in the caller's transaction, announced after it."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from clipnet.errors import BadInput
from db import jobs as ledger
from pipeline.jobs import JOB_TYPES, OPS_PRUNE, Maintenance, NewJob, Payload
from pipeline.queue.enqueue import enqueue
from pipeline.queue.keys import job_id, member
from tests.pipeline.shop import Shop

EXAMPLES: dict[str, dict[str, Any]] = {
    "clip:process": {"request_id": 1},
    "whisper:batch": {"request_id": 1, "audio_key": "a", "spans": [[0.0, 1.5]]},
    "ml:score": {"request_id": 1},
    "ffmpeg:polish": {"clip_id": 1, "revision": 2},
    "clipbot:notify": {"request_id": 1, "about": "clip", "clip_id": 3},
    "clipbot:vote": {"clip_id": 1, "revision": 1},
    "clipbot:post": {"clip_id": 1, "revision": 1},
    "clipbot:recap": {"stream_id": 1},
    "clipbot:report": {"report_id": 1},
    "clipbot:takedown": {"copy_id": 1},
    "clipbot:trouble": {"community_id": 1, "episode": "e", "platform": "twitch", "what": "bot", "channel": "c"},
    "post:youtube": {"clip_id": 1, "revision": 1, "account": "a"},
    "post:tiktok": {"clip_id": 1, "revision": 1, "account": "a"},
    "post:x": {"clip_id": 1, "revision": 1, "account": "a"},
    "post:discord": {"clip_id": 1, "revision": 1, "account": "a"},
    "ops:synthetic_fail": {"note": ""},
    "ops:prune": {"note": ""},
}


@pytest.mark.req("R-076", "positive")
async def test_every_type_survives_the_way_through_the_ledger(shop: Shop) -> None:
    assert set(EXAMPLES) == set(JOB_TYPES)
    for kind, example in EXAMPLES.items():
        made = JOB_TYPES[kind].payload.model_validate(example)
        (job,) = await shop.queue.enqueue(NewJob(JOB_TYPES[kind], made))
        kept = await shop.job(job)
        assert JOB_TYPES[kind].payload.model_validate(kept.payload) == made
        assert (kept.kind, kept.created_by) == (kind, "api")


@pytest.mark.req("R-076", "negative")
async def test_a_payload_that_doesnt_fit_is_refused_before_anything_is_written(shop: Shop) -> None:
    class Foreign(Payload):
        surprise: int = 1

    with pytest.raises(BadInput, match="surprise"):
        await shop.queue.enqueue(NewJob(OPS_PRUNE, Foreign()))
    assert await shop.pool.fetchval("select count(*) from jobs") == 0


@pytest.mark.req("R-062", "positive")
@pytest.mark.req("R-085", "positive")
async def test_jobs_are_announced_only_after_the_commit_that_wrote_them(shop: Shop) -> None:
    lane, trace = shop.queue.keys.lane("io"), uuid4()
    async with shop.queue.transaction(trace_id=trace) as tx:
        (job,) = await tx.enqueue(NewJob(OPS_PRUNE, Maintenance()))
        assert await shop.redis.zcard(lane) == 0
    assert await shop.redis.zrange(lane, 0, -1) == [member(job).encode()]
    assert (await shop.job(job)).trace_id == trace
    with pytest.raises(ZeroDivisionError):
        await _enqueue_and_fail(shop)
    assert await shop.redis.zcard(lane) == 1
    assert await shop.pool.fetchval("select count(*) from jobs") == 1


async def _enqueue_and_fail(shop: Shop) -> None:
    async with shop.queue.transaction() as tx:
        await tx.enqueue(NewJob(OPS_PRUNE, Maintenance()))
        await tx.conn.execute("select 1")
        raise ZeroDivisionError


async def test_a_unique_key_in_use_gives_the_first_job(shop: Shop) -> None:
    unique = NewJob(OPS_PRUNE, Maintenance(), unique_key="prune")
    first, again = await shop.queue.enqueue(unique, unique)
    raced = await asyncio.gather(*(shop.queue.enqueue(unique) for _ in range(4)))
    assert {first, again, *(job for (job,) in raced)} == {first}
    await shop.queue.cancel(first)
    assert await shop.queue.enqueue(unique) != [first]


async def test_many_at_once_get_the_same_turns_as_one_by_one(shop: Shop) -> None:
    def of(requester: str) -> NewJob[Maintenance]:
        return NewJob(OPS_PRUNE, Maintenance(), requester=requester)

    await shop.queue.enqueue(of("ada"), of("bob"), of("ada"), of("ada"))
    await shop.queue.enqueue(of("bob"))
    rows = await shop.pool.fetch("select requester, turn from jobs order by id")
    assert [tuple(row) for row in rows] == [("ada", 0), ("bob", 0), ("ada", 1), ("ada", 2), ("bob", 1)]


async def test_redis_and_the_ledger_order_alike(shop: Shop) -> None:
    for n in range(12):
        await shop.chore(requester=f"r{n % 3}", priority=(n % 2) - 1)
    members: list[Any] = await shop.redis.zrange(shop.queue.keys.lane("io"), 0, -1)
    in_redis = [job_id(each) for each in members]
    in_ledger = await shop.pool.fetch("select id from jobs order by priority, turn, id")
    assert in_redis == [row[0] for row in in_ledger]


async def test_a_delayed_job_isnt_announced_before_its_time(shop: Shop) -> None:
    await shop.chore(delay_s=60)
    assert await shop.redis.zcard(shop.queue.keys.lane("io")) == 0


async def test_cancelling_and_discarding_say_what_they_reached(shop: Shop) -> None:
    job = await shop.chore()
    assert await shop.queue.discard(job) is None
    changed = await shop.queue.cancel(job)
    assert changed is not None
    assert changed.state == "cancelled"
    assert await shop.queue.cancel(job) is None
    assert await shop.queue.cancel(10**9) is None
    async with shop.pool.acquire() as conn:
        assert await ledger.get(conn, 10**9) is None
        assert await enqueue(conn, []) == []


def test_only_what_we_wrote_ourselves_is_an_id() -> None:
    assert job_id(member(7)) == 7
    for forged in (b"7", b"-000000000000000001", "9" * 19, "x" * 19, b"", b"\xff" * 19, "٣" * 19):
        assert job_id(forged) is None
