"""A deleted clip leaves nothing in the store but what another clip has as well."""

import asyncio
from pathlib import Path

import pytest

from clipnet import carriers
from db import clips, erasure, jobs
from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob
from pipeline.stages.shelf import all_or_none
from pipeline.storage import LocalStorage
from tests.pipeline.conftest import Stage

ASSETS = "select a.store_key from assets a join clips c on c.id = a.clip_id where c.request_id = $1"
MADE = ("clips", "thumbnails", "captions", "crops", "incoming")


def stored(stage: Stage) -> set[str]:
    """Every file of clips in the store."""
    home = stage.settings.storage.root / stage.settings.storage.folder
    return {str(path) for kind in MADE for path in (home / kind).rglob("*") if path.is_file()}


async def delete(stage: Stage, request_id: int) -> None:
    """What the command `delete` writes, for every clip of a request."""
    async with stage.queue.transaction() as tx:
        changed = []
        for clip in await clips.of_request(tx.conn, request_id):
            changed += await jobs.cancel_clip(tx.conn, clip.id, note="deleted")
            await clips.set_state(tx.conn, clip.id, "deleted")
    await stage.queue.tell(changed)


async def prune(stage: Stage) -> None:
    (job,) = await stage.queue.enqueue(NewJob(OPS_PRUNE, Maintenance()))
    await ended(stage, job)


async def ended(stage: Stage, job_id: int) -> None:
    """Wait for a job that belongs to no request, whose end nobody tells."""
    state = "select state from jobs where id = $1"
    async with asyncio.timeout(60):
        while await stage.rows(state, job_id) != [{"state": "done"}]:  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.05)


async def test_files_go_with_the_last_clip_that_has_them(stage: Stage) -> None:
    bikes = carriers.demo_footage()["bikes"]
    first, second = [await stage.ask(bikes, start_s=2.0, end_s=4.0, captions=False) for _ in range(2)]
    files = stored(stage)
    assert len(files) >= 2
    assert await stage.rows(ASSETS, first) == await stage.rows(ASSETS, second)

    await delete(stage, first)
    await prune(stage)
    assert stored(stage) == files
    assert await stage.rows(ASSETS, first) == []
    assert await stage.rows(ASSETS, second)

    await delete(stage, second)
    await prune(stage)
    assert stored(stage) == set()
    assert await stage.rows("select * from assets") == []
    assert await stage.rows("select * from stage_results where stage = 'polish'") == []

    await stage.ask(bikes, start_s=2.0, end_s=4.0, captions=False)
    assert len(stored(stage)) == len(files)


async def test_a_message_sent_while_its_clip_went_is_taken_back_later(stage: Stage) -> None:
    request_id = await stage.ask(carriers.demo_footage()["bikes"], start_s=2.0, end_s=4.0, captions=False)
    await delete(stage, request_id)
    await stage.pool.execute(
        """
        insert into copies (clip_id, kind, platform, place, remote_id)
        select id, 'answer', 'chat', '{"platform": "chat", "id": "1"}', 'm1' from clips
        """
    )
    await prune(stage)
    assert await stage.rows("select kind from jobs where kind = 'clipbot:takedown'") == [{"kind": "clipbot:takedown"}]


async def test_a_clip_deleted_while_it_is_made_leaves_nothing(stage: Stage) -> None:
    request_id = await stage.begin(carriers.demo_footage()["bikes"], start_s=1.0, end_s=9.0)
    async with asyncio.timeout(60):
        async for event in stage.queue.follow(request_id):
            if event.kind == "ffmpeg:polish" and event.state == "running":
                await delete(stage, request_id)
            if event.kind == "ffmpeg:polish" and event.state == "cancelled":
                break
    await prune(stage)
    assert stored(stage) == set()
    assert await stage.rows("select * from assets") == []


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("turns", [0, 1, 2, 5, 20, 200])
async def test_who_is_cancelled_while_storing_leaves_nothing(
    stage: Stage, tmp_path: Path, turns: int, times: int
) -> None:
    store = LocalStorage(tmp_path / "store", "test_clips")
    film = tmp_path / "film.mp4"
    film.write_bytes(b"0123456789" * 500_000)

    async def keep() -> None:
        async with all_or_none(store, stage.pool) as put:
            await put(film, "clips")
            await asyncio.Event().wait()

    keeping = asyncio.create_task(keep())
    for _ in range(turns):
        await asyncio.sleep(0)
    for _ in range(times):
        keeping.cancel()
        await asyncio.sleep(0)
    await asyncio.wait({keeping})
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


async def test_a_forgotten_persons_source_goes_unless_somebody_else_has_the_same(stage: Stage) -> None:
    bikes = carriers.demo_footage()["bikes"]
    home = stage.settings.storage.root / stage.settings.storage.folder

    def files() -> int:
        return sum(path.is_file() for path in home.rglob("*"))

    first, second = [await stage.ask(bikes, start_s=2.0, end_s=4.0, captions=False) for _ in range(2)]
    await forget(stage, first)
    await prune(stage)
    left = await stage.rows("select store_key from sources order by id")
    assert [row["store_key"] is None for row in left] == [True, False]
    (source,) = [row["store_key"] for row in left if row["store_key"]]
    assert await stage.tools.storage.size(source) is not None
    assert await stage.rows("select * from stage_results where stage = 'analyse'")

    await forget(stage, second)
    await prune(stage)
    assert files() == 0
    assert await stage.rows("select * from stage_results") == []
    assert await stage.rows("select * from transcripts") == []


async def forget(stage: Stage, request_id: int) -> None:
    """What the command `forget-me` writes about a request that nobody else asks for."""
    await delete(stage, request_id)
    async with stage.queue.transaction() as tx:
        await erasure.scrub_request(tx.conn, request_id)
