"""From a mention under a video to a clip in the answer, approved by those who answer to it."""

from pathlib import Path

import pytest

from tests.e2e.platforms import CLIPPED_S, Town, agreed, clip_in, frames_of

pytestmark = pytest.mark.timeout(300)


async def test_a_mention_under_a_video_becomes_a_clip_that_answers_approve(town: Town, talk: Path) -> None:
    await town.open("x", "discord", worker=True)
    owner = town.x.add_user("owner")
    video = town.x.post(owner, "what a goal", video=talk, duration_ms=8_000)

    mention = town.x.post(town.x_ann, "@clipnet clip --length 5 --no-captions", reply_to=video)
    (answer,) = await town.until(lambda: town.x.replies_to(mention), CLIPPED_S)
    (announcement,) = await town.until(lambda: town.discord.ledger.in_channel(town.clips))
    await clip_in(town, announcement)

    assert answer.author is town.x_bot
    (media,) = answer.media
    assert frames_of(media.data, 1080, 1920) > 100
    assert ("answer", "x", answer.id) in await town.shown_in(2)

    await town.holds("select count(*) = 1 from polls")
    for name in ("ben", "cleo"):
        town.x.post(town.x.add_user(name), "👍", reply_to=answer)
    town.x.post(owner, "nice", reply_to=answer)

    await town.holds("select state = 'passed' from polls")
    await agreed(town, announcement)
    assert await town.value("select count(*) from votes where platform = 'x'") == 2
    assert await town.jobs() == 1
    assert [post.id for post in town.x.posts if post.author is town.x_bot] == [answer.id]
