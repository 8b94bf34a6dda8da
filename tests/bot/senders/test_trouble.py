"""Those who look after a community hear that a platform shut ClipNet out, through a real worker."""

import pytest

from bot.context import Services
from clipnet.settings import Settings
from pipeline.jobs import Trouble, TroubleKind
from pipeline.steps import trouble_job
from tests.bot.life import community
from tests.bot.rig import Ledger
from tests.bot.senders.speaking import Chat, run, working

MODS = {"platform": "discord", "id": "mods"}
CLIPS = {"platform": "discord", "id": "clips"}


def trouble(community_id: int, what: TroubleKind = "bot", episode: str = "twitch:bot:1:5-1") -> Trouble:
    """What the adapter found."""
    return Trouble(community_id=community_id, episode=episode, platform="twitch", what=what, channel="Streamer")


@pytest.mark.parametrize("what", ["bot", "broadcaster"])
async def test_a_lost_consent_is_said_once_with_a_button_that_mends_it(
    settings: Settings, services: Services, ledger: Ledger, what: TroubleKind
) -> None:
    here = await community(ledger, ("twitch", "live"), ops_channel=MODS, clip_channel=CLIPS, language="de")
    chat = Chat("discord")
    async with working(settings, chat):
        for _ in range(2):
            await run(services, ledger, trouble_job(trouble(here, what)))
    (message,) = chat.messages.values()
    assert message.spoken.place.id == "mods"
    assert message.now.language == "de"
    assert "Twitch" in message.now.reply.text
    (press,) = message.now.reply.actions
    assert (press.command, press.args) == ("connect", {"platform": "twitch", "as": what})


async def test_a_lost_sign_in_says_where_to_sign_in_again(
    settings: Settings, services: Services, ledger: Ledger
) -> None:
    here = await community(ledger, ("x", "bot"), ops_channel=MODS, language="de")
    chat = Chat("discord")
    async with working(settings, chat):
        await run(services, ledger, trouble_job(trouble(here, "sign-in")))
    (message,) = chat.messages.values()
    (todo,) = message.now.reply.fields
    assert "clipnet setup --again x" in todo.value
    assert message.now.reply.actions == ()


async def test_a_ban_is_said_in_the_clip_channel_where_moderators_have_none(
    settings: Settings, services: Services, ledger: Ledger
) -> None:
    here = await community(ledger, ("twitch", "live"), clip_channel=CLIPS)
    chat = Chat("discord")
    async with working(settings, chat):
        await run(services, ledger, trouble_job(trouble(here, "banned")))
        await run(services, ledger, trouble_job(trouble(here, "banned", "twitch:banned:1:2026-11-22")))
    assert [(m.spoken.place.id, "Streamer" in m.now.reply.text) for m in chat.messages.values()] == [
        ("clips", True)
    ] * 2


async def test_nothing_is_said_on_the_platform_that_is_in_trouble(
    settings: Settings, services: Services, ledger: Ledger
) -> None:
    here = await community(
        ledger, ("twitch", "live"), ops_channel={"platform": "twitch", "id": "live"}, clip_channel=None
    )
    chat = Chat("twitch")
    async with working(settings, chat):
        await run(services, ledger, trouble_job(trouble(here)))
    assert chat.messages == {}
    assert await ledger.value("select count(*) from jobs where state = 'done'") == 1
