"""From a line in a Twitch chat to an approved clip that Discord hears of, and from “!clip” on air to what was seen."""

from pathlib import Path

from tests.e2e.platforms import CLIPPED_S, Town, clip_in, frames_of
from tests.e2e.site import Site

LINE = 500


def published(site: Site, talk: Path) -> str:
    """The address of the video, now on the site."""
    site.pages["/talk.mp4"] = (200, {"Content-Type": "video/mp4"}, talk.read_bytes())
    return site.url("/talk.mp4")


async def test_asked_on_twitch_approved_on_twitch_announced_on_discord(town: Town, talk: Path, site: Site) -> None:
    await town.open("twitch", "discord", worker=True)
    link = published(site, talk)

    asked = await town.twitch.chat(town.fan, town.stream, f"!clip {link} --length 5 --no-captions")
    first = (await town.twitch.heard(town.stream))[0]
    second = (await town.twitch.heard(town.stream, 2, CLIPPED_S))[1]
    (announcement,) = await town.until(lambda: town.discord.ledger.in_channel(town.clips))
    data = await clip_in(town, announcement)

    assert first.text.startswith("On it: request ")
    assert first.reply_to is asked
    assert second.reply_to is asked
    assert "is done: 1 clip" in second.text
    assert town.address in second.text
    assert frames_of(data, 1080, 1920) > 100
    copies = await town.conn.fetch("select kind, platform, remote_id from copies order by kind")
    assert [tuple(row) for row in copies] == [
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

    await town.holds("select state = 'approved' from clips")
    await town.until(lambda: "approved with 2 for and 0 against" in announcement.text)
    assert await town.value("select count(*) from votes") == 2
    assert all(len(message.text) <= LINE for message in town.twitch.said(town.stream))
