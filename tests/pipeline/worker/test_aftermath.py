"""The ledger is cut off at the very moment in which a job ends: what follows from the end is not lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest

from db.jobs import Job
from pipeline.jobs import CLIPBOT_VOTE, OPS_PRUNE, Maintenance, NewJob, OfClip
from pipeline.queue import making
from pipeline.worker.handler import Done, JobContext, OnEnd
from tests.conftest import Database
from tests.pipeline.maker import Maker
from tests.pipeline.shop import Shop

Trouble = Callable[[asyncpg.Connection], Awaitable[None]]


@pytest.fixture
async def superuser(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """The database's administrator."""
    conn = await asyncpg.connect(database.superuser_url)
    yield conn
    await conn.close()


@pytest.fixture
def trouble(request: pytest.FixtureRequest, superuser: asyncpg.Connection) -> Trouble:
    """What happens to the session of the end."""

    async def happen(conn: asyncpg.Connection) -> None:
        pid = conn.get_server_pid()
        match request.param:
            case "cancelled":
                asleep = asyncio.ensure_future(conn.execute("select pg_sleep(9)"))
                while not await superuser.fetchval(_SLEEPS, pid):  # noqa: ASYNC110 - the ledger has no event
                    await asyncio.sleep(0)
                await superuser.execute("select pg_cancel_backend($1)", pid)
                await asleep
            case "cut":
                await superuser.execute("select pg_terminate_backend($1, 5000)", pid)
            case "all cut":
                await superuser.execute(_ALL_BUT_THE_LEASE)
            case _:
                await conn.execute("insert into notices (request_id, place) values (0, null)")

    return happen


_RENDERING = "select exists (select from clips where request_id = $1 and state = 'rendering')"
CUTS = ["cancelled", "cut", "all cut"]
_SLEEPS = "select wait_event = 'PgSleep' from pg_stat_activity where pid = $1"
_ALL_BUT_THE_LEASE = """
select pg_terminate_backend(a.pid, 5000) from pg_stat_activity a
where a.datname = current_database() and a.application_name like 'clipnet-worker%'
  and not exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'advisory' and l.objsubid = 1
                  and a.state = 'idle')
"""


def troubled(trouble: Trouble, *, times: int = 1) -> OnEnd:
    """What follows from ends, with trouble in its midst so many times."""
    left = [trouble] * times

    async def on_end(conn: asyncpg.Connection, job: Job, state: str) -> Sequence[NewJob[Any]]:
        then = await making.on_end(conn, job, state)
        if left:
            await left.pop()(conn)
        return then

    return on_end


async def ends_well(maker: Maker, request: int, clips: list[str], told: list[str]) -> None:
    """The request ends as failed, each word is said once, and no step ran for nothing."""
    await maker.until(request, "failed")
    assert await maker.states(request) == ("failed", clips)
    assert await maker.told(request) == told


@pytest.mark.parametrize("trouble", [*CUTS, "mistaken"], indirect=True)
async def test_what_follows_from_a_dead_step_survives_a_ledger_that_is_cut_off(maker: Maker, trouble: Trouble) -> None:
    request, (job,) = await maker.clips(1)
    await maker.open("fail", troubled(trouble))
    await maker.shop.until(job, "dead")
    await ends_well(maker, request, ["failed"], ["clip", "request"])


@pytest.mark.parametrize("trouble", ["cancelled"], indirect=True)
async def test_of_two_clips_each_gets_its_word_whatever_becomes_of_the_other(maker: Maker, trouble: Trouble) -> None:
    request, _ = await maker.clips(2)
    await maker.open("fail", troubled(trouble, times=2))
    await maker.until(request, "failed")
    assert await maker.states(request) == ("failed", ["failed", "failed"])
    assert sorted(await maker.told(request)) == ["clip", "clip", "request"]


async def test_an_end_whose_worker_went_before_it_caught_up_is_made_up_for_by_the_next(maker: Maker) -> None:
    async def mistaken(_: asyncpg.Connection, __: Job, ___: str) -> Sequence[NewJob[Any]]:
        raise LookupError

    request, job = await maker.first()
    await maker.open("fail", mistaken)
    await maker.shop.until(job, "dead")
    await maker.shop.close()
    assert await maker.states(request) == ("working", [])
    await maker.open("fail")
    await ends_well(maker, request, [], ["request"])


async def test_what_still_runs_or_was_started_again_is_nobodys_overdue_end(maker: Maker) -> None:
    await maker.open("wait")
    request, (first, second) = await maker.clips(2)
    await maker.shop.queue.cancel(first)
    await maker.shop.until(first, "cancelled")
    await maker.shop.until_true(_RENDERING, request)
    # Time enough to make up for something.
    await asyncio.sleep(1.2)
    assert await maker.states(request) == ("working", ["cancelled", "rendering"])
    assert await maker.told(request) == ["clip"]
    assert (await maker.shop.job(second)).attempt == 1


@pytest.mark.parametrize("trouble", ["cut"], indirect=True)
async def test_a_step_that_succeeded_is_not_done_again_because_its_end_could_not_be_written(
    shop: Shop, trouble: Trouble
) -> None:
    runs: list[int] = []
    left = [trouble]

    async def parent(ctx: JobContext, _: Maintenance) -> Done:
        runs.append(ctx.attempt)

        async def write(conn: asyncpg.Connection) -> None:
            if left:
                await left.pop()(conn)

        return Done({"n": 1}, then=[NewJob(CLIPBOT_VOTE, OfClip(clip_id=1, revision=1))], write=write)

    async def child(_: JobContext, __: OfClip) -> Done:
        return Done()

    await shop.open({OPS_PRUNE.kind: parent, CLIPBOT_VOTE.kind: child})
    job = await shop.chore()
    await shop.until(job, "done")
    assert runs == [1]
    await shop.until(job + 1, "done")
