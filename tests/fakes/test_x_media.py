"""A video on the fake X is opened: what X would not take fails in processing, what it takes can be opened again."""

import io
from typing import Any

import av
import numpy as np
import pytest

from tests.fakes.x.clients import Stage, stage


def video(*, length_s: float = 2, fps: int = 30, size: tuple[int, int] = (72, 128)) -> bytes:
    """A grey video in an MP4 file."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: Any = container.add_stream("mpeg4", rate=fps)
        stream.width, stream.height = size
        picture = np.full((size[1], size[0], 3), 128, np.uint8)
        for _ in range(round(length_s * fps)):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    return file.getvalue()


async def processed(x: Stage, data: bytes) -> tuple[str, dict[str, Any]]:
    media_id = await x.upload(data, media_type="video/mp4", category="tweet_video")
    x.clock.advance(x.fake.uploads.processing_s)
    status = await x.ask("GET", f"/2/media/upload?command=STATUS&media_id={media_id}")
    return media_id, status.body["data"]["processing_info"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"length_s": 0.2}, "a length of 0.2 s"),
        ({"length_s": 141, "fps": 1}, "a length of 141.0 s"),
        ({"fps": 100}, "100.0 pictures a second"),
        ({"size": (320, 64)}, "320x64 is not between"),
        ({"size": (48, 24)}, "too small"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
async def test_a_video_that_x_would_not_take_fails_in_processing(wrong: dict[str, Any], message: str) -> None:
    async with stage() as x:
        media_id, processing = await processed(x, video(**wrong))

        assert processing["state"] == "failed"
        assert message in processing["error"]["message"]
        answer = await x.ask("POST", "/2/tweets", json={"media": {"media_ids": [media_id]}})
        assert "Your media IDs are invalid." in answer.words
        assert len(x.fake.forgive()) == 1


async def test_a_posted_clip_can_be_opened_and_is_served_to_others() -> None:
    async with stage() as x:
        media_id, processing = await processed(x, video())
        assert processing == {"state": "succeeded", "progress_percent": 100}
        posted = await x.ask("POST", "/2/tweets", json={"text": "A clip", "media": {"media_ids": [media_id]}})

        wanted = "expansions=attachments.media_keys&media.fields=duration_ms,width,height,variants"
        answer = await x.ask("GET", f"/2/tweets/{posted.body['data']['id']}?{wanted}")

        (media,) = answer.body["includes"]["media"]
        assert (media["duration_ms"], media["width"], media["height"]) == (2000, 72, 128)
        async with x.session.get(media["variants"][0]["url"]) as response:
            served = await response.read()
        with av.open(io.BytesIO(served), "r") as container:
            assert len(list(container.decode(video=0))) == 60
