"""What makes ClipNet feel at home on Discord: people are picked, ids have names, forms know what is there."""

import pytest

from bot.context import Services
from bot.registry import Registry
from bot.router import Router
from db import communities
from tests.bot.adapters.discord.commands import COMMANDS
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.rig import LINK, Ledger
from tests.fakes.discord import Permission
from tests.fakes.discord.people import Member

JOBS = "select count(*) from jobs where kind = 'clip:process'"


@pytest.fixture
async def community(scene: Scene, services: Services) -> int:
    """The server as a community of ours."""
    async with services.queue.transaction() as tx:
        return await communities.create(tx.conn, "Ours", [("discord", scene.guild.id)])


async def clipped(scene: Scene, ledger: Ledger, title: str = "A great goal") -> str:
    """A clip that Ann asked for, and that is ready."""
    handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
    await handle.says("On it")
    clip = await ledger.clip(await ledger.value("select public_id from requests order by id desc limit 1"))
    await ledger.conn.execute("update clips set title = $2 where public_id = $1", clip, title)
    return clip


def boss(scene: Scene, rights: Permission = Permission.ADMINISTRATOR) -> Member:
    return scene.guild.add_member("Boss", roles=[scene.guild.add_role("boss", permissions=rights)])


async def offered(scene: Scene, who: Member, command: str, option: str, typed: str) -> dict[str, str]:
    """What is offered, value by name."""
    found = await scene.fake.autocomplete(who, scene.channel, command, {option: typed}, option)
    return {one["name"]: one["value"] for one in found}


@pytest.mark.usefixtures("community")
async def test_a_clip_is_offered_by_its_title(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        clip = await clipped(scene, ledger)
        named = {f"{clip} · A great goal · 1:20–1:50": clip}
        assert await offered(scene, scene.ann, "title", "id", "GREAT") == named
        assert await offered(scene, scene.ann, "title", "id", clip[:3].lower()) == named
        assert await offered(scene, scene.ann, "title", "id", "dull") == {}
        assert await offered(scene, scene.bob, "title", "id", "great") == {}
        assert await offered(scene, scene.bob, "vote", "clip", "great") == named
        assert await offered(scene, scene.bob, "takedown", "id", "great") == named
        assert set(await offered(scene, scene.ann, "show", "id", "talk.mp4")) == {
            f"{await ledger.value('select public_id from requests')} · {LINK}"
        }


async def test_a_title_and_a_span_are_changed_by_forms_that_hold_the_present_ones(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        clip = await clipped(scene, ledger)
        handle = await scene.fake.slash(scene.ann, scene.channel, "show", {"id": clip})
        shown = await handle.says("A great goal")
        opened = await scene.fake.press(scene.ann, shown, "Title")
        assert await opened.acknowledged() == 9
        assert "A great goal" in str(opened.modal)
        sent = await scene.fake.submit_modal(scene.ann, opened, {"Title": "What a save"})
        await sent.says("“What a save”")
        assert await ledger.value("select title from clips") == "What a save"

        opened = await scene.fake.press(scene.ann, shown, "Trim")
        assert await opened.acknowledged() == 9
        assert "1:20" in str(opened.modal)
        assert "1:50" in str(opened.modal)
        sent = await scene.fake.submit_modal(scene.ann, opened, {"Start": "1:25"})
        await sent.says("from 1:25 to 1:50")


async def test_a_form_and_a_button_that_leads_nowhere_speak_the_persons_language(
    scene: Scene, ledger: Ledger, services: Services
) -> None:
    scene.ann.user.locale = "de"
    async with scene.online():
        clip = await clipped(scene, ledger)
        handle = await scene.fake.slash(scene.ann, scene.channel, "show", {"id": clip})
        shown = await handle.says("A great goal")
        opened = await scene.fake.press(scene.ann, shown, "Title")
        assert await opened.acknowledged() == 9
        assert "der Titel" in str(opened.modal)
    scene.router = Router(services, Registry([command for command in COMMANDS if command.name != "title"]))
    scene.clock.advance(60)
    async with scene.online():
        pressed = await scene.fake.press(scene.ann, shown, "Title")
        answer = await pressed.answered()
    assert answer.ephemeral
    assert answer.text == "Dieser Knopf ist zu alt."


async def test_whoever_is_picked_is_banned_though_they_never_spoke_to_us(
    scene: Scene, ledger: Ledger, community: int
) -> None:
    async with scene.online():
        handle = await scene.fake.slash(boss(scene), scene.channel, "ban", {"user": scene.bob, "reason": "spam"})
        assert (await handle.says("is banned")).ephemeral
        asked = await scene.fake.slash(scene.bob, scene.channel, "clip", {"source": LINK})
        assert (await asked.says("You are banned here")).ephemeral
    assert await ledger.value("select community_id from bans") == community
    assert await ledger.value(JOBS) == 0


@pytest.mark.parametrize("rights", [Permission.ADMINISTRATOR, Permission.MANAGE_GUILD])
async def test_who_may_add_bots_sets_ours_up_by_slash_and_by_words(scene: Scene, rights: Permission) -> None:
    runs = boss(scene, rights)
    async with scene.online():
        refused = await scene.fake.slash(scene.ann, scene.channel, "setup show", {})
        assert "owner" in (await refused.answered()).text
        by_slash = await scene.fake.slash(runs, scene.channel, "setup show", {})
        assert "for the role" not in (await by_slash.answered()).text
        dm = scene.fake.dm(runs.user)
        await scene.fake.say(runs, scene.channel, f"<@{scene.fake.bot.id}> setup show")
        await scene.soon(lambda: scene.fake.ledger.in_channel(dm))
    assert "for the role" not in scene.fake.ledger.in_channel(dm)[0].text


async def test_a_message_without_a_video_is_not_taken_for_what_is_live(
    scene: Scene, ledger: Ledger, community: int
) -> None:
    await ledger.conn.execute(
        "insert into streams (platform, channel_id, remote_id, url, community_id) values ('twitch', '1', '1', '', $1)",
        community,
    )
    words = await scene.fake.say(scene.bob, scene.channel, "what a night")
    async with scene.online():
        handle = await scene.fake.context_menu(scene.ann, scene.channel, "Clip this", words)
        assert (await handle.says("no video in that message")).ephemeral
        assert await ledger.value(JOBS) == 0
        live = await scene.fake.slash(scene.ann, scene.channel, "clip", {})
        await live.says("On it")
    assert await ledger.value(JOBS) == 1


@pytest.mark.usefixtures("community")
async def test_a_clip_of_ours_is_clipped_anew_from_its_source(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        clip = await clipped(scene, ledger)
        handle = await scene.fake.slash(scene.ann, scene.channel, "show", {"id": clip})
        ours = await handle.says("A great goal")
        again = await scene.fake.context_menu(scene.bob, scene.channel, "Clip this", ours)
        await again.says("On it")
    rows = await ledger.conn.fetch(
        "select s.origin, r.moment_s from requests r join sources s on s.id = r.source_id order by r.id"
    )
    assert [tuple(row) for row in rows] == [(LINK, None), (LINK, 95.0)]


async def test_nothing_to_clip_is_told_as_slash_commands_are_written(scene: Scene) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {})
        told = await handle.says("no stream is live")
        explained = await scene.fake.slash(scene.ann, scene.channel, "help", {"command": "clip"})
        page = await explained.answered()
    assert told.ephemeral
    assert "attach a video file" in told.text
    assert "--" not in told.text + page.text.replace("\\", "")
