"""From a slash command to an approved clip: the real library, the real api and the real worker, on the fake Discord."""

from pathlib import Path

import pytest

from tests.e2e.platforms import Town, agreed, clip_in, frames_of
from tests.fakes.discord import InteractionHandle, Message, Upload
from tests.fakes.faults import Fault

pytestmark = pytest.mark.timeout(300)

ANSWER = "PATCH /api/v10/webhooks/{application}/{token}/messages/{message}"
WISHES = {"no-captions": True, "length": "5"}


async def ask(town: Town, talk: Path) -> tuple[InteractionHandle, Message]:
    """Ann asks for a clip of a file of hers; the message that answers."""
    video = Upload("talk.mp4", talk, "video/mp4")
    handle = await town.discord.slash(town.ann, town.talk, "clip", WISHES, attachments={"file": video})
    return handle, await handle.says("On it")


async def announced(town: Town) -> Message:
    """The announcement in the clip channel, once it can be voted on."""
    await town.until(lambda: town.discord.ledger.in_channel(town.clips))
    (found,) = town.discord.ledger.in_channel(town.clips)
    await town.until(lambda: len(found.buttons()) == 2)
    return found


async def test_a_slash_command_becomes_a_clip_that_the_community_approves(town: Town, talk: Path) -> None:
    await town.open("discord", worker=True)

    handle, message = await ask(town, talk)
    data = await clip_in(town, message)
    announcement = await announced(town)
    await town.until(lambda: len(message.buttons()) == 2)

    assert handle.callback == 5
    assert frames_of(data, 1080, 1920) > 100
    told = [version.embeds[-1]["description"] for version in message.history if version.embeds]
    assert any("▓" in words and "%" in words for words in told), told
    assert "is done: 1 clip" in message.text
    assert [one.id for one in town.discord.ledger.in_channel(town.talk)] == [message.id]
    assert frames_of(announcement.attachments[0].upload.read(), 1080, 1920) > 100
    assert await town.shown_in(2) == [
        ("announcement", "discord", announcement.id),
        ("answer", "discord", message.id),
    ]
    assert await town.value("select state from clips") == "ready"

    on_announcement = await town.discord.press(town.bob, announcement, "👍 0")
    await on_announcement.says("1 for")
    await town.until(lambda: any(one["label"] == "👍 1" for one in message.buttons()))
    again = await town.discord.press(town.bob, message, "👍 1")
    await again.says("1 for")
    last = await town.discord.press(town.ann, message, "👍 1")
    await last.says("2 for")

    assert all(one.ephemeral for one in (*on_announcement.messages, *last.messages))
    await agreed(town, announcement)
    await town.until(lambda: "approved with 2 for and 0 against" in message.text)
    assert announcement.buttons() == message.buttons() == []
    assert await town.value("select count(*) from votes") == 2
    assert await clip_in(town, message) == data


async def test_an_api_killed_before_it_answered_leaves_no_message_unfinished(town: Town, talk: Path) -> None:
    """What was asked for is in the ledger, which message tells of it is not: the worker fills that message."""
    await town.open("discord")
    town.discord.faults.plan(ANSWER, Fault.SLOW, after_s=600)
    handle = await town.discord.slash(
        town.ann, town.talk, "clip", WISHES, attachments={"file": Upload("talk.mp4", talk, "video/mp4")}
    )
    await town.until(lambda: town.discord.calls(ANSWER))
    town.api.kill()
    assert handle.original is not None
    assert handle.original.loading
    town.worker.start()
    message = handle.original
    await clip_in(town, message)
    town.api.start()
    await town.listens("discord")
    announcement = await announced(town)
    await town.until(lambda: len(message.buttons()) == 2)

    pressed = await town.discord.press(town.bob, message, "👍 0")
    await pressed.says("1 for")
    await town.until(lambda: any(one["label"] == "👍 1" for one in announcement.buttons()))
    assert [one.id for one in town.discord.ledger.in_channel(town.talk)] == [message.id]
    assert await town.jobs() == 1
