"""Words in channels and direct messages: who is answered, where, and who isn't."""

import json

from bot.community import Spot
from bot.context import Services
from db import communities
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.rig import LINK, Ledger
from tests.fakes.discord import Permission, Upload
from tests.fakes.discord.people import new_guild

JOBS = "select count(*) from jobs where kind = 'clip:process'"


def mention(scene: Scene) -> str:
    return f"<@{scene.fake.bot.id}>"


async def test_a_mention_and_a_direct_message_are_heard_without_any_privilege(scene: Scene, ledger: Ledger) -> None:
    dm = scene.fake.dm(scene.bob.user)
    async with scene.online():
        asked = await scene.fake.say(scene.ann, scene.channel, f"{mention(scene)} clip {LINK}")
        await scene.soon(lambda: any("On it" in text for text in scene.shown()))
        await scene.fake.say(scene.bob.user, dm, f"!clip {LINK}")
        await scene.soon(lambda: len(scene.fake.ledger.in_channel(dm)) == 2)
        await scene.becomes(2, lambda: ledger.value("select count(handle) from notices"))
    assert await ledger.value(JOBS) == 2
    answer = scene.fake.ledger.in_channel(scene.channel)[-1]
    assert answer.answers is asked
    assert answer.pings.users == {scene.ann.id}
    handles = [row["handle"] for row in await ledger.conn.fetch("select handle from notices order by 1")]
    assert handles[0] == answer.id


async def test_a_reply_to_a_video_means_that_video(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        video = await scene.fake.say(
            scene.bob, scene.channel, "look", attachments=[Upload("v.mp4", b"moov", "video/mp4")]
        )
        await scene.fake.say(scene.ann, scene.channel, f"{mention(scene)} clip", reply_to=video)
        await scene.soon(lambda: len(scene.shown()) == 3)
    assert (await ledger.value("select origin from sources")).startswith(scene.fake.cdn_base)


async def test_words_between_others_unknown_words_and_bots_are_ignored(scene: Scene, ledger: Ledger) -> None:
    robot = scene.guild.add_member("Robot")
    robot.user.bot = True
    async with scene.online():
        for words in ("hello", f"{mention(scene)} dance", f"{mention(scene)}", f"!clip {LINK}"):
            await scene.fake.say(scene.ann, scene.channel, words)
        await scene.fake.say(robot, scene.channel, f"{mention(scene)} clip {LINK}")
        await scene.fake.say(scene.ann, scene.channel, f"{mention(scene)} echo over")
        await scene.soon(lambda: len(scene.shown()) == 7)
    assert await ledger.value(JOBS) == 0
    assert scene.fake.ledger.in_channel(scene.channel)[-1].author is scene.fake.bot


async def test_known_words_with_bad_arguments_get_one_line(scene: Scene) -> None:
    async with scene.online():
        await scene.fake.say(scene.ann, scene.channel, f"{mention(scene)} echo")
        await scene.soon(lambda: len(scene.shown()) == 2)
    assert "echo" in scene.shown()[-1]


async def test_a_private_answer_goes_to_direct_messages(scene: Scene) -> None:
    dm = scene.fake.dm(scene.ann.user)
    async with scene.online():
        await scene.fake.say(scene.ann, scene.channel, f"{mention(scene)} whisper hush")
        await scene.soon(lambda: scene.fake.ledger.in_channel(dm))
    assert "hush" in scene.fake.ledger.in_channel(dm)[0].text
    assert len(scene.shown()) == 1


async def test_what_is_kept_about_somebody_comes_to_them_as_a_file(scene: Scene) -> None:
    dm = scene.fake.dm(scene.ann.user)
    async with scene.online():
        await scene.fake.say(scene.ann, scene.channel, f"{mention(scene)} export-me")
        await scene.soon(lambda: scene.fake.ledger.in_channel(dm))
    (file,) = scene.fake.ledger.in_channel(dm)[0].attachments
    assert json.loads(file.upload.read())["held"]["accounts"][0]["platform_user_id"] == scene.ann.id
    assert len(scene.shown()) == 1


async def test_the_community_is_the_servers_and_its_language_is_spoken(
    scene: Scene, services: Services, ledger: Ledger
) -> None:
    async with services.queue.transaction() as tx:
        community = await communities.create(tx.conn, "Ours", [("discord", scene.guild.id)])
        await communities.change(tx.conn, community, {"language": "de"})
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        answer = await handle.answered()
    assert "On it" not in answer.text
    assert await ledger.value("select community_id from requests") == community


async def test_a_server_that_adds_the_bot_is_greeted_where_it_may_speak(scene: Scene) -> None:
    async with scene.online():
        guild = new_guild(scene.fake, "New", tier=0, owner=scene.ann.user, permissions=None)
        scene.fake.known(guild)
        mute = guild.add_channel("mute", deny=Permission.SEND_MESSAGES)
        talk = guild.add_channel("talk")
        new = {key: part for key, part in guild.wire(full=True).items() if key != "unavailable"}
        scene.fake.emit("GUILD_CREATE", new)
        await scene.soon(lambda: scene.fake.ledger.in_channel(talk) or scene.fake.ledger.in_channel(mute))
    assert "/setup" in scene.fake.ledger.in_channel(talk)[0].text


async def test_a_channel_that_is_gone_is_forgotten(scene: Scene, services: Services) -> None:
    spot = Spot(platform="discord", id=scene.channel.id)
    async with services.queue.transaction() as tx:
        community = await communities.create(tx.conn, "Ours", [("discord", scene.guild.id)])
        await communities.change(tx.conn, community, {"clip_channel": spot.model_dump()})
    other = scene.guild.add_channel("other")
    async with scene.online():
        await scene.fake.delete_channel(scene.channel)
        handle = await scene.fake.slash(scene.ann, other, "echo", {"words": "after"})
        await handle.says("after")
    async with services.queue.pool.acquire() as conn:
        found = await communities.get(conn, community)
    assert found is not None
    assert "clip_channel" not in found.settings


async def test_deleting_the_message_that_asked_takes_the_request_back(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        asked = await scene.fake.say(scene.ann, scene.channel, f"{mention(scene)} clip {LINK}")
        await scene.soon(lambda: any("On it" in text for text in scene.shown()))
        await scene.fake.delete_message(asked)
        await scene.becomes("cancelled", lambda: ledger.value("select state from requests"))


async def test_a_ban_from_the_server_takes_back_what_was_asked_there(
    scene: Scene, services: Services, ledger: Ledger
) -> None:
    async with services.queue.transaction() as tx:
        await communities.create(tx.conn, "Ours", [("discord", scene.guild.id)])
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        await handle.says("On it")
        await scene.fake.ban(scene.ann)
        await scene.becomes("cancelled", lambda: ledger.value("select state from requests"))


async def test_a_role_of_the_server_is_the_role_of_ours_that_it_is_mapped_to(scene: Scene, services: Services) -> None:
    crew = scene.guild.add_role("crew")
    scene.guild.set_roles(scene.ann, [crew])
    async with services.queue.transaction() as tx:
        community = await communities.create(tx.conn, "Ours", [("discord", scene.guild.id)])
        await communities.change(tx.conn, community, {"roles": {f"discord:{crew.id}": "moderator"}})
    async with scene.online():
        allowed = await scene.fake.slash(scene.ann, scene.channel, "tidy", {"words": "up"})
        await allowed.says("says: up")
        refused = await scene.fake.slash(scene.bob, scene.channel, "tidy", {"words": "down"})
        assert (await refused.says("moderator")).ephemeral
