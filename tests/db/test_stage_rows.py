"""What the stages keep: under the worker's own rights, once, and nothing that can't be true."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from clipnet.settings import Settings
from db import assets, clip_work, request_work, scores, segments, sources, stage_results, transcripts
from db.pool import connect

HASH = "a" * 64


@dataclass
class Rows:
    """A worker's connection, and a request that is being worked on."""

    conn: asyncpg.Connection
    source_id: int
    request_id: int

    async def clip(self, rank: int) -> int:
        """A queued clip."""
        segment = segments.NewSegment(self.request_id, self.source_id, 1.0, 9.0, 0.7, "loud", chosen=True)
        segment_id = await segments.put(self.conn, segment)
        made = await clip_work.put(
            self.conn, clip_work.NewClip(self.request_id, self.source_id, segment_id, rank, 1.0, 9.0, 0.7, "loud")
        )
        assert made is not None
        return made[0]

    async def rendering(self, rank: int) -> int:
        """A clip whose making has begun."""
        clip_id = await self.clip(rank)
        await self.conn.execute("update clips set state = 'rendering' where id = $1", clip_id)
        return clip_id

    async def state(self) -> str:
        """The request's."""
        found: str = await self.conn.fetchval("select state from requests where id = $1", self.request_id)
        return found


@pytest_asyncio.fixture
async def rows(settings: Settings) -> AsyncIterator[Rows]:
    conn = await connect(settings.database.url, env="test", application_name="test")
    source_id = await conn.fetchval("insert into sources (kind, origin) values ('url', 'https://x') returning id")
    request_id = await conn.fetchval(
        "insert into requests (source_id, place, options, trace_id) values ($1, '{}', '{}', $2) returning id",
        source_id,
        uuid4(),
    )
    await request_work.begin(conn, request_id)
    yield Rows(conn, source_id, request_id)
    await conn.close()


FINISHED = clip_work.Finished(1080, 1920, 8.0, "A title", {"hashtags": ["#x"]})
ERROR = {"code": "bad-input", "sentence": "No.", "hint": ""}


async def test_a_source_is_known_by_its_content(rows: Rows) -> None:
    before = await sources.get(rows.conn, rows.source_id)
    assert before is not None
    known = replace(
        before, title="A film", content_hash=HASH, store_key="k", bytes=5, duration_s=9.5, probe={"video": None}
    )
    await sources.take_in(rows.conn, known)
    await sources.take_in(rows.conn, replace(known, title="Another name"))
    assert await sources.get(rows.conn, rows.source_id) == known


@pytest.mark.req("R-079", "positive")
async def test_results_are_found_by_their_inputs(rows: Rows) -> None:
    row = transcripts.TranscriptRow(rows.source_id, HASH, "en", "tiny", 0.0, 9.0, [[0.0, 0.5, "hello", 0.9]])
    await transcripts.put(rows.conn, row)
    await transcripts.put(rows.conn, replace(row, language="de"))
    assert await transcripts.by_hash(rows.conn, HASH) == row
    assert await transcripts.by_hash(rows.conn, "b" * 64) is None
    await stage_results.put(rows.conn, HASH, "analyse", "1", {"key": 1})
    await stage_results.put(rows.conn, HASH, "analyse", "1", {"key": 2})
    assert await stage_results.get(rows.conn, HASH) == {"key": 2}
    assert await stage_results.get(rows.conn, "b" * 64) is None


@pytest.mark.req("R-079", "negative")
@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
async def test_a_score_outside_its_scale_is_rejected(rows: Rows, value: float) -> None:
    segment = segments.NewSegment(rows.request_id, rows.source_id, 1.0, 9.0, 0.7, "loud", chosen=True)
    segment_id = await segments.put(rows.conn, segment)
    with pytest.raises(asyncpg.CheckViolationError):
        await scores.put(rows.conn, segment_id, [scores.Score("loudness", "signals", "1", value, HASH)])


async def test_a_clip_is_finished_once_and_keeps_a_persons_title(rows: Rows) -> None:
    clip_id = await rows.clip(1)
    await rows.conn.execute("update clips set title = 'Mine' where id = $1", clip_id)
    assert await clip_work.queued(rows.conn, rows.request_id) == [(clip_id, 1)]
    assert not await clip_work.finish(rows.conn, clip_id, 1, FINISHED)
    await rows.conn.execute("update clips set state = 'rendering' where id = $1", clip_id)
    assert not await clip_work.finish(rows.conn, clip_id, 2, FINISHED)
    assert await clip_work.finish(rows.conn, clip_id, 1, FINISHED)
    assert not await clip_work.finish(rows.conn, clip_id, 1, FINISHED)
    clip = await clip_work.get(rows.conn, clip_id)
    assert clip is not None
    assert (clip.state, clip.title) == ("ready", "Mine")
    video = assets.Asset("video", "k", HASH, 5, "video/mp4", 1080, 1920, 8.0)
    await assets.put(rows.conn, clip_id, 1, replace(video, bytes=4))
    await assets.put(rows.conn, clip_id, 1, video)
    assert await assets.of_clip(rows.conn, clip_id, 1) == [video]


async def test_a_second_clip_of_the_same_rank_is_not_made(rows: Rows) -> None:
    await rows.clip(1)
    with pytest.raises(AssertionError):
        await rows.clip(1)
    await segments.forget(rows.conn, rows.request_id)
    assert await rows.conn.fetchval("select count(*) from segments") == 1


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        (("ready", "failed"), "done"),
        (("failed", "cancelled"), "failed"),
        (("cancelled", "cancelled"), "cancelled"),
        (("ready", "queued"), None),
    ],
)
async def test_a_request_ends_with_its_last_clip(rows: Rows, ends: tuple[str, str], state: str | None) -> None:
    for rank, end in enumerate(ends, 1):
        clip_id = await (rows.rendering(rank) if end == "ready" else rows.clip(rank))
        if end == "ready":
            assert await clip_work.finish(rows.conn, clip_id, 1, FINISHED)
        elif end != "queued":
            assert await clip_work.end(rows.conn, clip_id, end, ERROR if end == "failed" else None)
            assert not await clip_work.end(rows.conn, clip_id, end, ERROR)
    assert await request_work.end_with_clips(rows.conn, rows.request_id) == state
    assert await rows.state() == (state or "working")
    assert await request_work.end_with_clips(rows.conn, rows.request_id) is None


async def test_a_request_without_clips_goes_on(rows: Rows) -> None:
    assert await request_work.end_with_clips(rows.conn, rows.request_id) is None
    assert await request_work.end(rows.conn, rows.request_id, "failed", ERROR)
    assert not await request_work.end(rows.conn, rows.request_id, "cancelled")
    assert await rows.state() == "failed"
