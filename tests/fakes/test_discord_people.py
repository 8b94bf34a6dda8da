"""What people see and do, which messages stay, and what a client wouldn't let them do."""

from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from clipnet.clock import ManualClock
from tests.fakes.discord import FakeDiscord, Permission, Upload
from tests.fakes.discord_bot import CLIP, START, online
from tests.fakes.server import PATIENCE_S


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    """A platform whose clock stands still, and which no client may have treated wrongly."""
    async with FakeDiscord(ManualClock(START)).serving() as serving:
        yield serving


async def test_a_follow_up_takes_the_deferred_answers_place(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann, bob = guild.add_channel("clips"), guild.add_member("Ann"), guild.add_member("Bob")
    async with online(fake) as bot:
        handle = await fake.slash(ann, channel, "clip", {"source": "x"})
        met = await bot.meet()
        await met.response.defer(ephemeral=True)
        view = discord.ui.View(timeout=None).add_item(discord.ui.Button(label="Go", custom_id="go"))
        await met.followup.send("for you", view=view)
        view.stop()
        assert handle.messages == [handle.original]
        assert handle.ephemeral[0].content == "for you"
        with pytest.raises(ValueError, match="Bob doesn't see"):
            await fake.press(bob, handle.ephemeral[0], "Go")
        pressed = await fake.press(ann, handle.ephemeral[0], "Go")
        met = await bot.meet()
        await met.response.defer()
        await met.edit_original_response(content="changed", view=None)
        await met.delete_original_response()
    assert pressed.callback == 6
    assert handle.original is not None
    assert handle.original.deleted_at == START
    assert fake.ledger.in_channel(channel) == []


async def test_direct_messages_go_both_ways(fake: FakeDiscord) -> None:
    ann = fake.add_guild().add_member("Ann")
    async with online(fake) as bot:
        user = await bot.fetch_user(int(ann.id))
        await user.send("hello")
        await fake.say(ann.user, fake.dm(ann.user), "hi")
        assert (await bot.hear()).content == "hello"
        heard = await bot.hear()
        assert (heard.content, heard.guild) == ("hi", None)
        handle = await fake.slash(ann.user, fake.dm(ann.user), "clip", {"source": "x"})
        await (await bot.meet()).response.send_message("here")
        assert handle.text == "here"
        ann.user.accepts_dms = False
        with pytest.raises(discord.Forbidden) as closed:
            await user.send("again")
        assert closed.value.code == 50007


async def test_subcommands_menus_and_roles(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    mods = guild.add_role("Mods", permissions=Permission.MANAGE_GUILD)
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    options = [{"type": 8, "name": "role", "description": "Who", "required": True}]
    command: Any = {"name": "settings", "description": "Settings", "default_member_permissions": str(1 << 5)}
    command["options"] = [{"type": 1, "name": "role", "description": "Role", "options": options}]
    async with online(fake) as bot:
        await bot.http.bulk_upsert_guild_commands(int(fake.application_id), int(guild.id), [command])
        with pytest.raises(PermissionError, match="Ann doesn't see"):
            await fake.slash(ann, channel, "settings role", {"role": mods})
        guild.set_roles(ann, [mods])
        await fake.slash(ann, channel, "settings role", {"role": mods})
        met: Any = await bot.meet()
        assert met.data["options"][0]["options"][0]["value"] == mods.id
        assert met.data["resolved"]["roles"][mods.id]["name"] == "Mods"
        assert [role.id for role in met.user.roles[1:]] == [int(mods.id)]
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Select(custom_id="pick", options=[discord.SelectOption(label="A", value="a")]))
        await met.response.send_message("choose", view=view)
        view.stop()
        with pytest.raises(ValueError, match="the menu offers"):
            await fake.select(ann, fake.ledger.in_channel(channel)[0], "pick", ["b"])
        await fake.select(ann, fake.ledger.in_channel(channel)[0], "pick", ["a"])
        met = await bot.meet()
        assert met.data["values"] == ["a"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "requires"),
        ({"source": 5}, "takes no int"),
        ({"source": "x", "seconds": 91}, "max_value"),
        ({"source": "x", "seconds": 0}, "min_value"),
        ({"source": "x", "length": 5}, "no options"),
        ({"source": "x", "video": "v.mp4"}, "takes no str"),
    ],
)
async def test_a_client_sends_only_what_the_command_takes(fake: FakeDiscord, options: dict[str, Any], why: str) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    fake.ledger.commands[None] = {"1": CLIP | {"id": "1", "type": 1}}
    with pytest.raises(ValueError, match=why):
        await fake.slash(ann, channel, "clip", options)
    with pytest.raises(LookupError, match="no command 'cut'"):
        await fake.slash(ann, channel, "cut", {})
    assert (await fake.slash(ann, channel, "clip", {"source": "x"})).failed == "no session listens at the gateway"


async def test_messages_are_listed_as_discord_lists_them(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    said = [await fake.say(ann, channel, str(number)) for number in range(5)]
    async with online(fake) as bot:
        there = await bot.fetch_channel(int(channel.id))
        assert isinstance(there, discord.TextChannel)
        assert [one.content async for one in there.history(limit=2)] == ["4", "3"]
        after = discord.Object(int(said[1].id))
        assert [one.content async for one in there.history(limit=2, after=after)] == ["2", "3"]
        before = discord.Object(int(said[1].id))
        assert [one.content async for one in there.history(limit=9, before=before)] == ["0"]
        await fake.delete_message(said[4])
        assert [one.content async for one in there.history(limit=1)] == ["3"]


async def test_commands_are_changed_and_taken_away(fake: FakeDiscord) -> None:
    async with online(fake) as bot:
        application = int(fake.application_id)
        listed = await bot.http.get_global_commands(application)
        clip = next(one for one in listed if one["name"] == "clip")
        edited: Any = {"description": "Cut a clip"}
        changed = await bot.http.edit_global_command(application, int(clip["id"]), edited)
        assert (changed["id"], changed["description"]) == (clip["id"], "Cut a clip")
        await bot.http.delete_global_command(application, int(clip["id"]))
        with pytest.raises(discord.NotFound) as gone:
            await bot.http.get_global_command(application, int(clip["id"]))
        assert gone.value.code == 10063
    assert fake.ledger.command("Clip this", None, 3)["type"] == 3


async def test_members_and_what_changes_about_them(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    mods = guild.add_role("Mods")
    ann = guild.add_member("Ann", roles=[mods])
    async with online(fake) as bot:
        there = bot.get_guild(int(guild.id))
        assert there is not None
        member = await there.fetch_member(int(ann.id))
        assert [role.name for role in member.roles] == ["@everyone", "Mods"]
        assert member.joined_at == START
        assert await member.display_avatar.read()
        await fake.ban(ann)
        with pytest.raises(discord.NotFound) as gone:
            await there.fetch_member(int(ann.id))
        assert gone.value.code == 10007
        fake.remove_guild(guild)
        await bot.wait_for("guild_remove", timeout=PATIENCE_S)
    with pytest.raises(PermissionError):
        await fake.say(ann, guild.channels[0] if guild.channels else guild.add_channel("x"), "hi")


async def test_files_given_to_a_command_arrive_by_their_option(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        video = Upload("v.mp4", b"moov", "video/mp4")
        await fake.slash(ann, channel, "clip", {"source": "x"}, attachments={"video": video})
        met: Any = await bot.meet()
        (file,) = met.data["resolved"]["attachments"].values()
        assert (file["filename"], file["size"], file["content_type"]) == ("v.mp4", 4, "video/mp4")
