"""From a slash command to an approved clip: the real library, the real api and the real worker, on the fake Discord."""

import io
from pathlib import Path

import av
import pytest

from tests.e2e.platforms import CLIPPED_S, Town
from tests.fakes.discord import Message, Upload

VOTE = "👍"


def shape_of(data: bytes) -> tuple[int, int, int]:
    """Width and height of a video, and how many of its frames can be decoded."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        return stream.width, stream.height, sum(1 for _ in container.decode(stream))


async def shown(town: Town, message: Message) -> bytes:
    """The clip in a message, once it is there."""
    await town.until(lambda: message.attachments, CLIPPED_S)
    (file,) = message.attachments
    return file.upload.read()


async def test_a_slash_command_becomes_a_clip_that_the_community_approves(town: Town, talk: Path) -> None:
    await town.open("discord", worker=True)
    video = Upload("talk.mp4", talk, "video/mp4")

    handle = await town.discord.slash(
        town.ann, town.talk, "clip", {"no-captions": True, "length": "5"}, attachments={"file": video}
    )
    message = await handle.says("On it", CLIPPED_S)
    width, height, frames = shape_of(await shown(town, message))

    print([ (v.content, v.embeds, [a['filename'] for a in v.attachments]) for v in message.history])
    print(message.buttons())
    ann = [m for m in town.discord.ledger.in_channel(town.clips)]
    print(ann)
    await town.until(lambda: len(message.buttons()) > 2 and len(town.discord.ledger.in_channel(town.clips)), 10)
    (ann,) = town.discord.ledger.in_channel(town.clips)
    print(message.text, message.buttons(), ann.text, ann.buttons())
    h = await town.discord.press(town.bob, ann, ann.buttons()[0]["custom_id"])
    await town.until(lambda: h.text)
    print(h.text)
    h = await town.discord.press(town.ann, message, message.buttons()[0]["custom_id"])
    await town.until(lambda: h.text)
    print(h.text)
    await town.until(lambda: "2" in ann.text and len(ann.history)>2, 10)
    print(ann.history[-1])
    print(await town.value("select state from clips"))
    print(await town.conn.fetch("select * from copies"))
    print(await town.conn.fetch("select * from votes"))
    
