"""A clip on hold is shown nowhere, from that moment on; when it is released, what was kept back is made up for."""

from typing import Any

from bot.context import Services
from bot.router import Router
from clipnet.settings import Settings
from tests.bot.life import moderator
from tests.bot.rig import Ledger, Person
from tests.bot.senders.making import arena, request_of, told
from tests.bot.senders.speaking import Chat, Folder, ended, working


async def mod_of(router: Router, ledger: Ledger, community: int) -> Person:
    return await moderator(ledger, Person(router, "mo", surface="discord", place="lounge"), community)


async def test_an_announcement_says_at_once_that_its_clip_is_on_hold_and_comes_back(
    settings: Settings, services: Services, router: Router, ledger: Ledger, clips_dir: Any
) -> None:
    here, _, clip = await arena(router, ledger)
    mod = await mod_of(router, ledger, here)
    folder = Folder(clips_dir)
    folder.put(f"{clip}.mp4", f"video of {clip}".encode())
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch, shelf=folder):
        await told(services, ledger, await request_of(ledger, clip), clip)
        (announced,) = discord.in_place("clips")
        await Person(router, "bob", surface="discord", place="lounge").say(f"!report {clip} rude")
        await ended(ledger)
        now = announced.now.reply
        assert "on hold" in now.text
        assert (now.media, now.actions, now.fields) == ((), (), ())
        await mod.say(f"!release {clip}")
        await ended(ledger)
    now = announced.now.reply
    assert now.text.startswith(f"New clip {clip}")
    assert [action.command for action in now.actions] == ["vote", "vote"]
    assert any(form.files for form in announced.forms[2:])
    assert len(discord.in_place("clips")) == 1


async def test_what_a_hold_kept_back_is_made_up_for(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    here, _, clip = await arena(router, ledger)
    mod = await mod_of(router, ledger, here)
    await mod.say(f"!hold {clip}")
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch):
        await told(services, ledger, await request_of(ledger, clip), clip)
        assert not discord.messages
        assert await ledger.value("select count(*) from polls") == 0
        await mod.say(f"!release {clip}")
        await ended(ledger)
    assert len(discord.in_place("clips")) == 1
    assert await ledger.value("select state from polls") == "open"
