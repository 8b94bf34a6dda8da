"""A moderators' channel on Discord: what was reported comes there with buttons, and only moderators may press them."""

from bot.adapters.discord.line import OwnLine
from bot.adapters.discord.speaker import DiscordSpeaker
from bot.community import Spot
from bot.context import Services
from clipnet.settings import Settings
from db import communities
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.rig import LINK, Ledger
from tests.bot.senders.speaking import ended, working


async def test_a_report_comes_to_the_moderators_and_is_decided_there(
    scene: Scene, settings: Settings, api_settings: Settings, services: Services, ledger: Ledger
) -> None:
    crew = scene.guild.add_role("crew")
    mod, desk = scene.guild.add_member("Mod", roles=[crew]), scene.guild.add_channel("desk")
    spot = Spot(platform="discord", id=desk.id).model_dump()
    async with services.queue.transaction() as tx:
        community = await communities.create(tx.conn, "Ours", [("discord", scene.guild.id)])
        wanted = {"ops_channel": spot, "roles": {f"discord:{crew.id}": "moderator"}}
        await communities.change(tx.conn, community, wanted)
    line = OwnLine(api_settings.discord)
    async with scene.online(), working(settings, DiscordSpeaker(line, None)):
        asked = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        await asked.says("On it")
        clip = await ledger.clip(await ledger.value("select public_id from requests"))
        reported = await scene.fake.slash(
            scene.bob, scene.channel, "report", {"id": clip, "reason": "@everyone **ad**"}
        )
        assert (await reported.says("on hold")).ephemeral
        await ended(ledger)
        (told,) = scene.fake.ledger.in_channel(desk)
        assert clip in told.text
        assert not told.pings.everyone

        refused = await scene.fake.press(scene.bob, told, "Release")
        assert (await refused.says("for the role moderator")).ephemeral
        assert await ledger.value("select held_at is not null from clips")
        pressed = await scene.fake.press(mod, told, "Release")
        assert (await pressed.answered()).ephemeral
        assert await ledger.value("select held_at is null from clips")
        await ended(ledger)
        assert [button["label"] for button in told.buttons()] == ["Show"]
    await line.close()
    assert not any("reported" in words or "hold" in words for words in scene.shown())
