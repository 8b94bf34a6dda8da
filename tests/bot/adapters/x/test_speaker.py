"""Answers on X: with the clip, or a link; once, whatever is lost; and nobody is named who needn't be."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.adapters.x import budget, media
from bot.adapters.x.client import Unsure, connected
from bot.adapters.x.keys import Signing
from bot.adapters.x.limits import Limits
from bot.adapters.x.listening import place_of
from bot.adapters.x.mentions import read
from bot.adapters.x.speaker import XSpeaker, mark_of
from bot.speaker import MediaFile, Spoken, Telling
from bot.vocabulary import Field, Media, Place, Reply
from clipnet.ending import end
from clipnet.errors import Conflict, NotFound, Unavailable
from tests.bot.adapters.x.conftest import Scene
from tests.bot.adapters.x.videos import video
from tests.fakes.faults import Fault
from tests.fakes.x import Post
from tests.fakes.x.text import weighted_length

POST = "POST /2/tweets"
APPEND = "POST /2/media/upload/{id}/append"
TIMELINE = "GET /2/users/{id}/tweets"
LINK = "https://clips.example/7K3QX9"


@pytest.fixture
def file(tmp_path: Path) -> MediaFile:
    return video(tmp_path / "clip.mp4")


def _telling(*files: MediaFile, key: str = "n1-0", text: str = "Request 7K3QX9 is done: 1 clip.") -> Telling:
    shown = Media("video", "clips/key.mp4", "7K3QX9", LINK)
    reply = Reply(text, (Field("7K3QX9", "a loud cheer of @bob #win"),), (shown,))
    return Telling(reply, key, files=dict.fromkeys([shown.key], files[0]) if files else {})


async def _place(scene: Scene, mention: Post) -> Place:
    """As it was stored with the request."""
    body = await scene.x.posts([mention.id])
    return place_of(next(read(body, scene.listener.connected().me)), scene.listener.connected().me)


@asynccontextmanager
async def _time_passing(scene: Scene, step_s: float = 1) -> AsyncIterator[None]:
    """X processes a video while we wait."""

    async def pass_() -> None:
        while True:
            await asyncio.sleep(0.02)
            scene.stage.clock.advance(step_s)

    passing = asyncio.create_task(pass_())
    yield
    await end([passing])


async def test_the_clip_itself_is_the_answer(scene: Scene, file: MediaFile) -> None:
    mention = scene.ask("clip")
    place = await _place(scene, mention)

    async with _time_passing(scene):
        spoken = await scene.speaker.say(place, _telling(file))

    (answer,) = scene.fake.replies_to(mention)
    assert [one.data for one in answer.media] == [await asyncio.to_thread(Path(file.path).read_bytes)]
    assert spoken == Spoken(answer.id, place, f"https://x.com/clipnet/status/{answer.id}")
    assert answer.typed == "Request 7K3QX9 is done: 1 clip.\n7K3QX9: a loud cheer of @\u200bbob #\u200bwin"
    assert answer.text.startswith("@ann Request")
    assert scene.listener.limits.shown()["posts"].startswith("99 of 100")


async def test_segments_go_in_order_and_a_lost_one_again(scene: Scene, tmp_path: Path) -> None:
    scene.fake.uploads.looks_inside = False
    path = tmp_path / "large.mp4"
    data = bytes(range(256)) * (9 * 4096)
    await asyncio.to_thread(path.write_bytes, data)
    scene.fake.faults.plan(APPEND, Fault.LOST)
    scene.fake.faults.plan(APPEND, Fault.HTML_503)

    async with _time_passing(scene):
        media_id = await media.upload(scene.x, MediaFile(str(path), path.name, len(data), "video/mp4"))

    assert scene.fake.media[media_id].data == data
    assert scene.fake.media[media_id].ready
    assert len(scene.fake.calls(APPEND)) == 3 + 2


async def test_an_upload_that_stays_away_is_tried_later(scene: Scene, file: MediaFile) -> None:
    mention = scene.ask("clip")
    scene.fake.faults.plan(APPEND, Fault.HTML_503, times=3)
    with pytest.raises(Unavailable):
        await scene.speaker.say(await _place(scene, mention), _telling(file))
    assert scene.fake.calls(POST) == []


@pytest.mark.parametrize("why", ["failed", "none", "slow", "dropped", "spoilt"])
async def test_a_link_has_to_do_where_x_takes_no_video(scene: Scene, file: MediaFile, why: str) -> None:
    mention = scene.ask("clip")
    files = [] if why == "none" else [file]
    uploads = scene.fake.uploads
    if why == "failed":
        uploads.failures = ["the file is broken"]
    if why == "slow":
        uploads.processing_s = 3600
    if why == "dropped":  # it expired between the beginning and the segments
        uploads.idle_s = 0
    if why == "spoilt":  # it expired, or broke, between the upload and the post
        uploads.spoilt = True

    async with _time_passing(scene, 10 if why == "slow" else 1):
        await scene.speaker.say(await _place(scene, mention), _telling(*files))

    (answer,) = scene.fake.replies_to(mention)
    assert answer.media == []
    assert answer.typed.endswith(f"\n{LINK}")


@pytest.mark.parametrize(
    ("shape", "fits"),
    [
        ({}, True),
        ({"seconds": 0.3}, False),
        ({"seconds": 141, "rate": 1}, False),
        ({"width": 330, "height": 100}, False),
        ({"width": 300, "height": 100}, True),
        ({"width": 30, "height": 60}, False),
        ({"rate": 61}, False),
    ],
)
async def test_what_x_takes(tmp_path: Path, shape: dict[str, int], fits: bool) -> None:
    made = await asyncio.to_thread(video, tmp_path / "clip.mp4", **shape)
    assert await media.takes(made) is fits


async def test_what_is_no_video_is_not_uploaded(tmp_path: Path, file: MediaFile) -> None:
    path = tmp_path / "words.mp4"
    await asyncio.to_thread(path.write_text, "words")
    assert not await media.takes(MediaFile(str(path), path.name, 5, "video/mp4"))
    assert not await media.takes(MediaFile(file.path, file.name, 513 * 1024 * 1024, "video/mp4"))
    assert not await media.takes(MediaFile(file.path, file.name, file.bytes, "image/png"))


async def test_a_mention_is_answered_once_whatever_is_said(scene: Scene) -> None:
    mention = scene.ask("clip")
    place = await _place(scene, mention)
    first = await scene.speaker.say(place, _telling())

    second = await scene.speaker.say(place, _telling(key="n2-0", text="Request 7K3QX9 is done: 2 clips."))

    assert second == first
    assert len(scene.fake.replies_to(mention)) == 1


async def test_a_lost_answer_of_x_makes_one_post(scene: Scene) -> None:
    mention = scene.ask("clip")
    scene.fake.faults.plan(POST, Fault.LOST)

    spoken = await scene.speaker.say(await _place(scene, mention), _telling())

    assert [post.id for post in scene.fake.replies_to(mention)] == [spoken.id]
    assert len(scene.fake.calls(POST)) == 1


async def test_what_is_not_known_to_be_posted_stays_open(scene: Scene) -> None:
    """Nothing that an effect would take for a refusal: it is asked for before it is tried again."""
    mention = scene.ask("clip")
    place = await _place(scene, mention)
    scene.fake.faults.plan(POST, Fault.HTML_503)
    with pytest.raises(Unsure):
        await scene.speaker.say(place, _telling())
    assert await scene.speaker.find(place, "n1-0") is None

    scene.fake.faults.plan(POST, Fault.LOST)
    scene.fake.faults.plan(TIMELINE, Fault.SLOW)
    scene.fake.faults.plan(TIMELINE, Fault.HTML_503)
    async with _time_passing(scene):
        with pytest.raises(Unsure):
            await scene.speaker.say(place, _telling())
    assert len(scene.fake.replies_to(mention)) == 1
    assert await scene.speaker.find(place, "n1-0") is not None


async def test_two_answers_of_the_same_words_are_both_posted(scene: Scene) -> None:
    first, second = scene.ask("clip"), scene.ask("clip")
    for mention, key in ((first, "n1-0"), (second, "n2-0")):
        await scene.speaker.say(await _place(scene, mention), _telling(key=key))
    (other,) = scene.fake.replies_to(second)
    assert other.typed.endswith(mark_of("n2-0"))
    assert weighted_length(other.typed) <= 280


async def test_an_announcement_is_found_again_by_its_mark(scene: Scene) -> None:
    place = Place("x", scene.stage.bot.id)
    assert await scene.speaker.find(place, "a7-0") is None
    scene.fake.faults.plan(POST, Fault.LOST)
    spoken = await scene.speaker.say(place, _telling(key="a7-0"))
    assert await scene.speaker.find(place, "a7-0") == spoken
    assert await scene.speaker.find(place, "a8-0") is None
    assert await scene.speaker.say(place, _telling(key="a7-0")) == spoken
    assert len(scene.fake.posts) == 1


async def test_an_announcement_that_cannot_be_looked_for_is_for_a_person(scene: Scene) -> None:
    scene.fake.limits.by_route[POST].user = 1000
    for number in range(3):
        await scene.x.post(f"post {number}")
    for number in range(520):
        scene.fake.post(scene.stage.bot, f"by hand {number}")
    with pytest.raises(Conflict):
        await scene.speaker.find(Place("x", scene.stage.bot.id), "a7-0")


async def test_a_mention_that_is_gone_is_not_answered(scene: Scene) -> None:
    mention = scene.ask("clip")
    place = await _place(scene, mention)
    scene.fake.delete_post(mention)
    with pytest.raises(NotFound):
        await scene.speaker.say(place, _telling())
    with pytest.raises(NotFound):
        await scene.speaker.say(Place("x", "12345"), _telling())


async def test_a_post_of_ours_is_deleted_once(scene: Scene) -> None:
    spoken = await scene.speaker.say(Place("x", scene.stage.bot.id), _telling())
    assert await scene.speaker.delete(spoken)
    assert await scene.speaker.delete(spoken)
    assert scene.fake.posts[-1].deleted


async def test_no_more_is_posted_than_a_day_allows(scene: Scene) -> None:
    speaker = XSpeaker(scene.x, scene.services.queue.pool, 2)
    asked = [scene.ask("clip") for _ in range(4)]
    for mention in asked[:2]:
        await speaker.say(await _place(scene, mention), _telling(key=f"n{mention.id[-6:]}"))
    with pytest.raises(Unavailable) as caught:
        await speaker.say(await _place(scene, asked[2]), _telling())
    assert 0 < (caught.value.retry_after_s or 0) <= 24 * 3600
    assert len(scene.fake.calls(POST)) == 3
    scene.stage.clock.advance(24 * 3600)
    await speaker.say(await _place(scene, asked[3]), _telling())


async def test_what_x_said_to_one_process_holds_for_all_and_is_shown(scene: Scene, file: MediaFile) -> None:
    scene.fake.limits.by_route[POST].user = 1
    place = Place("x", scene.stage.bot.id)
    await scene.speaker.say(place, _telling())
    limits, clock = Limits(scene.stage.clock), scene.stage.clock
    async with connected(scene.services.settings.x, Signing(), limits, clock) as other:
        worker = XSpeaker(other, scene.services.queue.pool, 100)
        with pytest.raises(Unavailable) as caught:
            await worker.say(place, _telling(file, key="a8-0"))
        assert 0 < (caught.value.retry_after_s or 0) <= 901
        assert limits.shown()["posts"].startswith("0 of 1 ")
        assert len(scene.fake.calls(POST)) == 1
        assert scene.fake.uploads.by_id == {}
        clock.advance(901)
        scene.fake.uploads.processing_s = 0
        await worker.say(place, _telling(file, key="a8-0"))
    await budget.hear(scene.services.queue.pool, scene.listener.limits)
    assert scene.listener.limits.shown()["posts"].startswith("0 of 1 ")
