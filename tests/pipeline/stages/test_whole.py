"""From a file to finished clips, through the ledger, the waiting room and the worker."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from clipnet import carriers
from pipeline.jobs import JOB_TYPES
from tests.pipeline.conftest import Stage

CLIPS = "select * from clips where request_id = $1 order by rank"
ASSETS = "select a.* from assets a join clips c on c.id = a.clip_id where c.request_id = $1"
REQUEST = "select state, error from requests where id = $1"
WORDS = """
select t.words from transcripts t join requests r on r.source_id = t.source_id where r.id = $1
"""
KINDS = "select kind, state from jobs where request_id = $1 order by id"
ENDED = """
select j.kind from job_events e join jobs j on j.id = e.job_id
where j.request_id = $1 and e.to_state = 'done' order by e.id
"""
FLOW = ["clip:process", "whisper:batch", "ml:score", "ffmpeg:polish", "clipbot:notify"]
RESULTS = "select inputs_hash from stage_results"


@pytest.fixture
def bikes() -> Path:
    """Ten seconds of a street, without sound."""
    return carriers.demo_footage()["bikes"]


def _kinds(jobs: list[dict[str, Any]]) -> set[str]:
    return {job["kind"] for job in jobs}


@pytest.mark.req("R-068", "positive")
@pytest.mark.req("R-070", "positive")
@pytest.mark.req("R-079", "positive")
async def test_a_phrase_becomes_a_captioned_clip_and_nothing_is_done_twice(stage: Stage, media: Path) -> None:
    source = media / "voice-timecode-42s-720p.mp4"
    first = await stage.ask(source, find="banana", length_s=6, count=1)
    (clip,) = await stage.rows(CLIPS, first)
    assert clip["state"] == "ready", clip["error"]
    assert (clip["width"], clip["height"]) == (1080, 1920)
    assert clip["duration_s"] == pytest.approx(clip["end_s"] - clip["start_s"], abs=0.05)
    assert "banana" in clip["reason"]
    assert clip["metadata"]["platforms"]["x"]["description"]
    assets = await stage.rows(ASSETS, first)
    assert {asset["kind"] for asset in assets} == {"video", "thumbnail", "captions", "crop"}
    sizes = [await stage.tools.storage.size(asset["store_key"]) for asset in assets]
    assert sizes == [asset["bytes"] for asset in assets]
    assert await stage.heard(first) == ["clip", "request"]
    assert [(told.about, told.clip_id) for told in stage.told] == [("clip", clip["id"]), ("request", None)]
    scores = await stage.rows("select * from scores where segment_id = $1", clip["segment_id"])
    assert {"loudness", "motion", "pace", "salience"} <= {score["signal"] for score in scores}
    results = await stage.rows(RESULTS)
    ended = [step["kind"] for step in await stage.rows(ENDED, first)]
    assert list(dict.fromkeys(ended)) == FLOW
    assert [kind for kind in JOB_TYPES if kind in ended] == FLOW

    again = await stage.ask(source, find="banana", length_s=6, count=1)
    assert await stage.rows(REQUEST, again) == [{"state": "done", "error": None}]
    assert "whisper:batch" in _kinds(await stage.rows(KINDS, first))
    assert "whisper:batch" not in _kinds(await stage.rows(KINDS, again))
    assert await stage.rows(RESULTS) == results
    keys = {asset["store_key"] for asset in assets}
    assert {asset["store_key"] for asset in await stage.rows(ASSETS, again)} == keys


async def test_silent_footage_yields_a_clip_by_picture_alone(stage: Stage, bikes: Path) -> None:
    request_id = await stage.ask(bikes, length_s=5)
    (clip,) = await stage.rows(CLIPS, request_id)
    assert clip["state"] == "ready", clip["error"]
    assert _kinds(await stage.rows(KINDS, request_id)) == {
        "clip:process",
        "ml:score",
        "ffmpeg:polish",
        "clipbot:notify",
    }


async def test_an_explicit_range_in_another_shape(stage: Stage, bikes: Path) -> None:
    request_id = await stage.ask(bikes, start_s=2.0, end_s=4.5, aspect="1:1", captions=False)
    (clip,) = await stage.rows(CLIPS, request_id)
    assert (clip["start_s"], clip["end_s"], clip["width"], clip["height"]) == (2.0, 4.5, 1080, 1080)


@pytest.mark.parametrize(
    ("name", "wishes", "sentence"),
    [
        ("corrupt-nomoov.mp4", {}, "no picture and no sound|could not be|damaged"),
        ("no-such-file.mp4", {}, "no such file"),
        ("hevc-10bit-1s.mp4", {"at_s": 30}, "beyond the end"),
        ("hevc-10bit-1s.mp4", {"find": "cucumber"}, "cucumber"),
    ],
)
async def test_what_cannot_be_used_fails_with_a_sentence(
    stage: Stage, media: Path, name: str, wishes: dict[str, Any], sentence: str
) -> None:
    request_id = await stage.ask(media / name, **wishes)
    (request,) = await stage.rows(REQUEST, request_id)
    assert request["state"] == "failed"
    error = request["error"]
    assert any(part in error["sentence"] for part in sentence.split("|")), error
    assert error["hint"]
    assert await stage.heard(request_id) == ["request"]


@pytest.mark.parametrize("stage", ["/no/such/model"], indirect=True)
async def test_without_a_speech_model_there_are_still_clips(stage: Stage, media: Path) -> None:
    request_id = await stage.ask(media / "nasa-webb-13s-speech.mp4", length_s=5, count=1)
    (clip,) = await stage.rows(CLIPS, request_id)
    assert clip["state"] == "ready", clip["error"]
    jobs = await stage.rows(KINDS, request_id)
    assert {"kind": "whisper:batch", "state": "dead"} in jobs
    assert "captions" not in {asset["kind"] for asset in await stage.rows(ASSETS, request_id)}


async def test_a_given_transcript_skips_recognition(stage: Stage, media: Path, tmp_path: Path) -> None:
    subtitles = tmp_path / "words.srt"
    subtitles.write_text("1\n00:00:02,000 --> 00:00:03,000\nhello cucumber\n")
    stored = await stage.tools.storage.put(subtitles, "transcripts", ".srt")
    request_id = await stage.ask(
        media / "nasa-webb-13s-speech.mp4", find="cucumber", length_s=5, transcript_key=stored.key
    )
    (clip,) = await stage.rows(CLIPS, request_id)
    assert clip["state"] == "ready", clip["error"]
    assert clip["start_s"] < 2.5 < clip["end_s"]
    assert "whisper:batch" not in _kinds(await stage.rows(KINDS, request_id))


async def test_a_step_that_is_stopped_cancels_its_clip_and_tells(stage: Stage, media: Path) -> None:
    request_id = await stage.begin(media / "nasa-webb-13s-speech.mp4", start_s=1, end_s=11)
    async with asyncio.timeout(60):
        async for event in stage.queue.follow(request_id):
            if event.kind == "ffmpeg:polish" and event.state == "running" and event.job_id is not None:
                await stage.queue.cancel(event.job_id)
            if event.kind == "ffmpeg:polish" and event.state == "cancelled":
                assert stage.looking() == []
    (clip,) = await stage.rows(CLIPS, request_id)
    assert clip["state"] == "cancelled"
    assert await stage.rows(REQUEST, request_id) == [{"state": "cancelled", "error": None}]
    assert await stage.heard(request_id) == ["clip", "request"]
    assert await stage.rows(ASSETS, request_id) == []


async def test_two_requests_are_recognised_in_one_call_and_each_gets_its_own_words(stage: Stage, media: Path) -> None:
    requests = [await stage.begin(media / name, length_s=5) for name in ("jfk-11s.flac", "nasa-webb-13s-speech.mp4")]
    async with asyncio.timeout(90):
        async for event in stage.queue.follow(None):
            if event.kind == "ml:score" and event.job_id is not None:
                await stage.queue.cancel(event.job_id)
            if {told.request_id for told in stage.told} == set(requests):
                break
    (call,) = stage.recogniser.calls
    assert len(call) == 2
    president, telescope = [await stage.rows(WORDS, request) for request in requests]
    assert (len(president), len(telescope)) == (1, 1)
    said = [" ".join(word[2] for word in words[0]["words"]).lower() for words in (president, telescope)]
    assert "country" in said[0]
    assert "country" not in said[1]
    assert len(said[1].split()) > 10
    ended = "select state from jobs where kind = 'whisper:batch' and request_id = $1"
    assert [await stage.rows(ended, request) for request in requests] == [[{"state": "done"}]] * 2
