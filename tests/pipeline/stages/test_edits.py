"""Changes of a clip, made by the real stages: each is a revision, and undoing one costs no second encode."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from clipnet import carriers
from clipnet.wordlist import COVER
from db import communities, edits, request_work, words
from pipeline.steps import polish_job
from tests.pipeline.conftest import Stage

CLIP = "select * from clips where request_id = $1"
VIDEO = """
select a.store_key, a.width, a.height, a.duration_s, a.revision from assets a join clips c on c.id = a.clip_id
where c.request_id = $1 and a.kind = 'video' order by a.revision
"""

FAILED = (
    "select id from jobs where kind = 'ffmpeg:polish' and request_id = $1 and state = 'ready' and error is not null"
)


@pytest.fixture
def bikes() -> Path:
    """Ten seconds of a street, without sound."""
    return carriers.demo_footage()["bikes"]


async def remake(stage: Stage, request_id: int, **change: Any) -> dict[str, Any]:
    """Change a clip as the commands do, wait until it is made, and return its row."""
    (clip,) = await stage.rows(CLIP, request_id)
    made = {"start_s": clip["start_s"], "end_s": clip["end_s"], "options": clip["options"], **change}
    async with stage.queue.transaction() as tx:
        revision = await edits.remake(tx.conn, clip["id"], **made)
        await request_work.reopen(tx.conn, request_id)
        await tx.enqueue(polish_job(request_id, clip["id"], revision))
    async with asyncio.timeout(60):
        async for _ in stage.queue.follow(request_id):
            pass
    (clip,) = await stage.rows(CLIP, request_id)
    return clip


async def test_another_shape_and_span_are_made_and_the_way_back_costs_no_encode(stage: Stage, bikes: Path) -> None:
    request_id = await stage.ask(bikes, start_s=2.0, end_s=4.0, captions=False)
    (first,) = await stage.rows(VIDEO, request_id)
    clip = await remake(stage, request_id, start_s=2.5, end_s=4.5, options={"aspect": "1:1"})
    assert (clip["state"], clip["revision"], clip["width"], clip["height"]) == ("ready", 2, 1080, 1080)
    _, second = await stage.rows(VIDEO, request_id)
    assert second["duration_s"] == pytest.approx(2.0, abs=0.1)
    assert second["store_key"] != first["store_key"]
    results = await stage.rows("select inputs_hash from stage_results order by 1")
    clip = await remake(stage, request_id, start_s=2.0, end_s=4.0, options={})
    assert (clip["state"], clip["revision"], clip["width"], clip["height"]) == ("ready", 3, 1080, 1920)
    assert (await stage.rows(VIDEO, request_id))[2]["store_key"] == first["store_key"]
    assert await stage.rows("select inputs_hash from stage_results order by 1") == results


async def test_banned_words_are_covered_in_captions_and_never_a_title(stage: Stage, media: Path) -> None:
    source = media / "voice-timecode-42s-720p.mp4"
    async with stage.queue.transaction() as tx:
        community = await communities.create(tx.conn, "c", [])
    request_id = await stage.ask(source, find="banana", length_s=6, count=1)
    (clip,) = await stage.rows(CLIP, request_id)
    title = clip["title"]
    async with stage.queue.transaction() as tx:
        user = await tx.conn.fetchval("select id from users limit 1")
        await words.add(tx.conn, community, "banana", user)
        await tx.conn.execute("update requests set community_id = $1", community)
        await tx.conn.execute("update clips set title = ''")
    clip = await remake(stage, request_id)
    assert clip["state"] == "ready", clip["error"]
    assert "banana" in title.lower() or "banana" in clip["reason"].lower()
    assert "banana" not in str(clip["metadata"]).lower() + clip["title"].lower()
    keys = [row["store_key"] for row in await stage.rows(
        "select store_key from assets where kind = 'captions' and clip_id = $1 order by revision", clip["id"]
    )]  # fmt: skip
    before, after = [await _read(stage, key) for key in keys]
    assert "banana" in before.lower()
    assert "banana" not in after.lower()
    assert COVER in after


async def _read(stage: Stage, key: str) -> str:
    path = await stage.tools.storage.at_hand(key, stage.settings.storage.root)
    return path.read_text()


async def block(stage: Stage, request_id: int, start_s: float, end_s: float) -> None:
    """What a takedown leaves behind, for the content of a request's source."""
    await stage.pool.execute(
        """
        insert into blocked_moments (content_hash, start_s, end_s)
        select s.content_hash, $2, $3 from sources s join requests r on r.source_id = s.id where r.id = $1
        """,
        request_id,
        start_s,
        end_s,
    )


async def test_what_was_taken_down_does_not_come_back_by_another_link(
    stage: Stage, bikes: Path, tmp_path: Path
) -> None:
    first = await stage.ask(bikes, start_s=2.0, end_s=4.0, captions=False)
    await block(stage, first, 2.0, 4.0)
    again = tmp_path / "another name.mp4"
    await asyncio.to_thread(shutil.copyfile, bikes, again)
    for wish in ({"start_s": 3.0, "end_s": 5.0}, {"at_s": 3.0}):
        refused = await stage.ask(again, captions=False, **wish)
        (row,) = await stage.rows("select state, error from requests where id = $1", refused)
        assert row["state"] == "failed"
        assert "taken down" in row["error"]["sentence"]
    other = await stage.ask(again, captions=False, length_s=5)
    (clip,) = await stage.rows(CLIP, other)
    assert clip["start_s"] >= 4.0 or clip["end_s"] <= 2.0


async def test_a_source_that_was_taken_down_whole_is_refused(stage: Stage, bikes: Path) -> None:
    first = await stage.ask(bikes, start_s=2.0, end_s=4.0, captions=False)
    await block(stage, first, 0.0, 100.0)
    refused = await stage.ask(bikes, captions=False)
    (row,) = await stage.rows("select state, error from requests where id = $1", refused)
    assert row["state"] == "failed"
    assert "taken down" in row["error"]["sentence"]


async def test_a_step_that_fails_leaves_nothing_of_it_at_work(stage: Stage, bikes: Path) -> None:
    """What was measured broke in the store, which the step finds out while others of its tools are looking."""
    request_id = await stage.ask(bikes, start_s=0.0, end_s=9.0, captions=False)
    (kept,) = await stage.rows("select result from stage_results where result ? 'analysis'")
    (stage.settings.storage.root / kept["result"]["analysis"]).write_bytes(b"broken")
    changing = asyncio.create_task(remake(stage, request_id, start_s=0.5, end_s=9.5))
    async with asyncio.timeout(60):
        while not (failed := await stage.rows(FAILED, request_id)):  # noqa: ASYNC110 - it is tried again, so nothing ends
            await asyncio.sleep(0.002)
    assert stage.looking() == []
    await stage.queue.cancel(failed[0]["id"])
    await changing
