"""From a line in a Twitch chat to an approved clip that Discord hears of, and from “!clip” on air to what was seen."""

import asyncio
from pathlib import Path

import pytest

from clipnet import carriers
from pipeline.media.tools import Tools
from tests.e2e.platforms import CLIPPED_S, Town, agreed, clip_in, frames_of
from tests.e2e.site import Site
from tests.pipeline.live.origin import Origin, make_footage
from tests.pipeline.live.origin import serving as broadcast

pytestmark = pytest.mark.timeout(300)

LINE = 500
FILMED_S = 180
"""More than the test takes on any machine: a stream that stands still has nothing to clip."""


def published(site: Site, talk: Path) -> str:
    """The address of the video, now on the site."""
    site.pages["/talk.mp4"] = (200, {"Content-Type": "video/mp4"}, talk.read_bytes())
    return site.url("/talk.mp4")


async def test_asked_on_twitch_approved_on_twitch_announced_on_discord(town: Town, talk: Path, site: Site) -> None:
    await town.open("twitch", "discord", worker=True)
    link = published(site, talk)

    asked = await town.twitch.chat(town.fan, town.stream, f"!clip {link} --length 5 --no-captions")
    first = (await town.twitch.heard(town.stream, 1, CLIPPED_S))[0]
    second = (await town.twitch.heard(town.stream, 2, CLIPPED_S))[1]
    (announcement,) = await town.until(lambda: town.discord.ledger.in_channel(town.clips))
    data = await clip_in(town, announcement)

    assert first.text.startswith("On it: request ")
    assert first.reply_to is asked
    assert second.reply_to is asked
    assert "is done: 1 clip" in second.text
    assert town.address in second.text
    assert frames_of(data, 1080, 1920) > 100
    assert await town.shown_in(2) == [
        ("announcement", "discord", announcement.id),
        ("answer", "twitch", second.id),
    ]

    await town.holds("select count(*) = 1 from polls")
    await town.twitch.chat(town.fan, town.stream, "!vote")
    await town.twitch.chat(town.fan, town.stream, "!vote up")
    await town.holds("select count(*) = 1 from votes")
    await town.until(lambda: any(one["label"] == "👍 1" for one in announcement.buttons()))
    assert await town.value("select state from clips") == "ready"
    await town.twitch.chat(town.twitch.add_user("Other"), town.stream, "!vote")

    await town.holds("select state = 'passed' from polls")
    await agreed(town, announcement)
    assert await town.value("select count(*) from votes") == 2
    assert all(len(message.text) <= LINE for message in town.twitch.said(town.stream))


async def test_what_was_on_air_is_clipped_by_twitch_at_once_and_by_us_after(
    town: Town, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tools = Tools(carriers.ffmpeg(), carriers.font_dir())
    footage = await asyncio.to_thread(make_footage, tools, tmp_path_factory.mktemp("on-air") / "ts", FILMED_S)
    async with broadcast(Origin(footage, page=f"/{town.stream.user.login}")) as origin:
        origin.started_at -= 20
        for role in (town.api, town.worker):
            role.environ = {**role.environ, "TWITCH_SITE": f"http://{origin.place}"}
        town.worker.environ = {**town.worker.environ, "NET_ALLOW": origin.place}
        town.stream.stream = town.twitch.world.stream()
        await town.open("twitch", "discord", worker=True)
        await town.holds("select count(*) = 1 from streams where state = 'live'")
        ring = Path(town.environ["CLIPNET_STATE_DIR"], "live")
        await town.until(lambda: len([*ring.rglob("*.ts")]) > 8)

        asked = await town.twitch.chat(town.fan, town.stream, "!clip 5 --no-captions")
        first = (await town.twitch.heard(town.stream, 1, CLIPPED_S))[0]
        second = (await town.twitch.heard(town.stream, 2, CLIPPED_S))[1]

    assert first.reply_to is second.reply_to is asked
    assert f"https://clips.twitch.tv/{town.twitch.clips[0].id}" in first.text
    assert "is done: 1 clip" in second.text
    (announcement,) = await town.until(lambda: town.discord.ledger.in_channel(town.clips))
    data = await clip_in(town, announcement)
    assert frames_of(data, 1080, 1920) > 50
    assert await town.value("select s.origin from sources s join clips c on c.source_id = s.id") == (
        f"live:twitch:{town.stream.id}"
    )
    await town.holds("select count(*) = 1 from polls")
    for fan in (town.fan, town.twitch.add_user("Other")):
        await town.twitch.chat(fan, town.stream, "!vote")
    await town.holds("select state = 'approved' from clips")
    await town.until(lambda: "approved with 2 for and 0 against" in announcement.text)
