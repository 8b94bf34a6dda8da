"""Whoever asks for what is kept about them gets it as a file that nobody else sees."""

import asyncio
import json

from tests.bot.adapters.discord.conftest import Scene
from tests.bot.rig import LINK
from tests.fakes.discord.messages import Message


async def data_in(message: Message) -> dict[str, object]:
    """What the file of a message says."""
    (file,) = message.attachments
    assert file.upload.filename == "clipnet.json"
    found: dict[str, object] = json.loads(await asyncio.to_thread(file.upload.read))["held"]
    return found


async def test_a_slash_command_is_answered_with_a_file_for_them_alone(scene: Scene) -> None:
    async with scene.online():
        await (await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})).says("On it")
        handle = await scene.fake.slash(scene.ann, scene.channel, "export-me")
        message = await handle.says("the file")
        held = await data_in(message)
    assert message.ephemeral
    assert held["accounts"][0]["platform_user_id"] == scene.ann.id  # type: ignore[index]
    assert held["requests"][0]["video"] == LINK  # type: ignore[index]


async def test_words_in_a_channel_are_answered_by_a_file_in_direct_messages(scene: Scene) -> None:
    dm = scene.fake.dm(scene.ann.user)
    async with scene.online():
        await scene.fake.say(scene.ann, scene.channel, f"<@{scene.fake.bot.id}> export-me")
        await scene.soon(lambda: scene.fake.ledger.in_channel(dm))
        (message,) = scene.fake.ledger.in_channel(dm)
        assert (await data_in(message))["person"]
    assert not any(one.attachments for one in scene.fake.ledger.in_channel(scene.channel))
