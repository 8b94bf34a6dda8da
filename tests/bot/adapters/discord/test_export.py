"""Whoever asks for what is kept about them gets it as a file that nobody else sees."""

import asyncio
import io
import json
import os
import zipfile

import pytest

from bot.commands.export_me import Export
from bot.speaker import Telling
from bot.vocabulary import Place, Reply
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.rig import LINK, Ledger
from tests.fakes.discord.messages import Message


async def data_in(message: Message) -> dict[str, object]:
    """What the file of a message says."""
    (file,) = message.attachments
    assert file.upload.filename == "clipnet.json"
    found: dict[str, object] = json.loads(await asyncio.to_thread(file.upload.read))["held"]
    return found


MIB = 1024**2
LEAST = 10 * MIB
"""What a server without boosts and a direct message take."""
PATIENCE_S = 30.0


async def much(ledger: Ledger, *, mib: int, dense: bool) -> None:
    """Everybody whom we know said so much; `dense`: it hardly gets smaller."""
    words = "encode(sha512(i::text::bytea), 'base64')" if dense else "repeat('what a goal ', 8)"
    await ledger.conn.execute(
        f"insert into feedback (user_id, text) "
        f"select id, (select string_agg({words}, '') from generate_series(1, $1::int) i) from users",
        mib * MIB // 89,
    )


def packed_in(message: Message) -> dict[str, object]:
    """What the compressed file of a message says."""
    (file,) = message.attachments
    assert file.upload.filename == "clipnet.zip"
    with zipfile.ZipFile(io.BytesIO(file.upload.read())) as archive:
        found: dict[str, object] = json.loads(archive.read("clipnet.json"))["held"]
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


async def test_more_than_the_server_takes_comes_compressed(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        await (await scene.fake.slash(scene.ann, scene.channel, "echo", {"words": "hello"})).says("hello")
        await much(ledger, mib=12, dense=False)
        handle = await scene.fake.slash(scene.ann, scene.channel, "export-me")
        message = await handle.says("all of it is in the file", timeout_s=PATIENCE_S)
        held = await asyncio.to_thread(packed_in, message)
    assert len(held["feedback"][0]["text"]) > LEAST  # type: ignore[index]


@pytest.mark.parametrize(("tier", "told", "files"), [(0, "too large", 0), (2, "in the file", 1)])
async def test_what_stays_too_large_is_answered_with_what_to_do(
    scene: Scene, ledger: Ledger, tier: int, told: str, files: int
) -> None:
    guild = scene.fake.add_guild(tier=tier)
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with scene.online():
        await (await scene.fake.slash(ann, channel, "echo", {"words": "hello"})).says("hello")
        await much(ledger, mib=16, dense=True)
        handle = await scene.fake.slash(ann, channel, "export-me")
        message = await handle.says(told, timeout_s=PATIENCE_S)
    assert message.ephemeral
    assert len(message.attachments) == files


async def test_in_direct_messages_too(scene: Scene, ledger: Ledger) -> None:
    dm = scene.fake.dm(scene.ann.user)
    async with scene.online():
        await (await scene.fake.slash(scene.ann, scene.channel, "echo", {"words": "hello"})).says("hello")
        await much(ledger, mib=12, dense=False)
        await scene.fake.say(scene.ann, scene.channel, f"<@{scene.fake.bot.id}> export-me")
        await scene.soon(lambda: scene.fake.ledger.in_channel(dm), timeout_s=PATIENCE_S)
        (message,) = scene.fake.ledger.in_channel(dm)
        assert (await asyncio.to_thread(packed_in, message))["feedback"]


async def test_and_what_to_do_is_told_there(scene: Scene) -> None:
    dm = scene.fake.dm(scene.ann.user)
    noise = Export(held={"feedback": os.urandom(11 * MIB).hex()})
    reply = Reply("It is in the file.", data=noise, as_file=True, without_file="It is too large.")
    async with scene.online() as adapter:
        spoken = await adapter.speaker.say(Place("discord", dm.id), Telling(reply, "n1"))
    message = scene.fake.ledger.messages[spoken.id]
    assert (message.text, message.attachments) == ("It is too large.", [])
