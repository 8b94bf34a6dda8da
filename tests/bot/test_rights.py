"""Clips of channels that aren't a community's own are posted only when a moderator says so."""

import pytest

from bot.commands.sources import Channels
from db import rights
from pipeline.ingest.ytdlp_child import channels_of
from tests.bot.hall import Hall, done, refused


async def alone(hall: Hall, clip: str) -> bool:
    return (await rights.may_post_alone(hall.ledger.conn, await hall.of_clip(clip, "id"))).alone


async def test_an_owner_links_channels_and_moderators_do_not(hall: Hall) -> None:
    await refused(hall.mod, "sources add twitch 71092938", 403)
    for channel in ("twitch 71092938", "twitch xQc", "youtube @ClipNet", "youtube UCSMOQeBJ2RAnuFungnQOxLg"):
        await done(hall.owner, f"sources add {channel}")
    told = (await hall.owner.say("sources list")).reply.data
    assert isinstance(told, Channels)
    assert set(told.channels) == {
        "twitch:71092938",
        "twitch:@xqc",
        "youtube:@clipnet",
        "youtube:ucsmoqebj2ranufungnqoxlg",
    }
    await refused(hall.owner, "sources add youtube clipnet", 409)
    await refused(hall.owner, "sources add youtube https://youtube.com/@clipnet", 422)
    await done(hall.owner, "sources remove youtube clipnet")


@pytest.mark.parametrize(
    ("info", "own"),
    [
        ({"extractor": "twitch:clips", "channel_id": "71092938", "uploader_id": "5"}, True),
        ({"extractor": "twitch:clips", "channel_id": "5", "uploader_id": "71092938"}, False),
        ({"extractor": "twitch:vod", "uploader_id": "71092938"}, False),
        ({"extractor": "twitch:vod", "uploader_id": "xqc"}, True),
        ({"extractor": "youtube", "channel_id": "UCx", "uploader_id": "@Other"}, False),
        ({"extractor": "twitter", "uploader_id": "xqc"}, False),
        ({"extractor": "generic"}, False),
    ],
)
async def test_whose_a_video_is_its_platform_says(hall: Hall, info: dict[str, str], own: bool) -> None:
    clip = await hall.clip()
    for channel in ("twitch 71092938", "twitch xqc"):
        await done(hall.owner, f"sources add {channel}")
    await hall.ledger.conn.execute("update sources set channels = $1", [c.lower() for c in channels_of(info)])
    assert await alone(hall, clip) == own


async def test_a_link_is_not_believed(hall: Hall) -> None:
    clip = await hall.clip()
    await done(hall.owner, "sources add x clipnet")
    await hall.ledger.conn.execute("update sources set origin = 'https://x.com/clipnet/status/1'")
    assert not await alone(hall, clip)


async def test_a_stream_is_known_by_where_it_was_asked_for(hall: Hall) -> None:
    clip = await hall.clip()
    await done(hall.owner, "sources add twitch 7")
    await hall.ledger.conn.execute("update requests set moment_key = 'live:twitch:7', moment_s = 1")
    assert await alone(hall, clip)
    await hall.ledger.conn.execute("update requests set moment_key = 'live:twitch:8'")
    assert not await alone(hall, clip)


async def test_another_communitys_channel_is_nobody_elses(hall: Hall) -> None:
    clip = await hall.clip(by=hall.stranger)
    await done(hall.owner, "sources add twitch 7")
    await hall.ledger.conn.execute("update sources set channels = '{twitch:7}'")
    assert not await alone(hall, clip)
