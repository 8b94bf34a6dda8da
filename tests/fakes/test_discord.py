"""The fake Discord with the real client library: what a bot does in its day."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest

from clipnet.clock import ManualClock
from tests.fakes.discord import FakeDiscord, Upload
from tests.fakes.discord_bot import START, Bot, Met, clock_of, online
from tests.fakes.server import PATIENCE_S


@pytest.fixture
async def fake() -> AsyncIterator[FakeDiscord]:
    """A platform whose clock stands still, and which no client may have treated wrongly."""
    async with FakeDiscord(ManualClock(START)).serving() as serving:
        yield serving


async def test_a_command_is_deferred_edited_and_followed_up(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        handle = await fake.slash(ann, channel, "clip", {"source": "https://example.com/v", "seconds": 20})
        met = await bot.meet()
        assert met.data is not None
        assert met.data["options"][0]["value"] == "https://example.com/v"  # type: ignore[typeddict-item]
        await met.response.defer()
        clock_of(fake).advance(60)
        await met.edit_original_response(content="Cutting …")
        file = discord.File(io.BytesIO(b"film"), "clip.mp4")
        await met.edit_original_response(content="Done", attachments=[file])
        await met.followup.send("only you", ephemeral=True)
    assert handle.callback == 5
    assert handle.original is not None
    assert [version.content for version in handle.original.history] == ["", "Cutting …", "Done"]
    assert handle.original.attachments[0].upload.read() == b"film"
    assert [one.content for one in handle.ephemeral] == ["only you"]
    assert [one.content for one in fake.ledger.in_channel(channel)] == ["Done"]


async def test_a_file_that_a_person_attaches_can_be_read(fake: FakeDiscord) -> None:
    guild = fake.add_guild(tier=2)
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        await fake.slash(ann, channel, "clip", {"source": "file", "video": Upload("v.mp4", b"moov", "video/mp4")})
        met = await bot.meet()
        assert met.filesize_limit == 50 * 1024**2
        resolved: Any = met.data
        attachment = discord.Attachment(
            data=next(iter(resolved["resolved"]["attachments"].values())), state=bot._connection
        )
        assert await attachment.read() == b"moov"
        clock_of(fake).advance(25 * 3600)
        with pytest.raises(discord.NotFound):
            await attachment.read()
        url = discord.http.Route("POST", "/attachments/refresh-urls")
        answer = await bot.http.request(url, json={"attachment_urls": [attachment.url]})
        assert await bot.http.get_from_cdn(answer["refreshed_urls"][0]["refreshed"]) == b"moov"


class ClipButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"clip:(?P<id>\d+)"):
    """A button that is known by its name alone, as after a restart."""

    def __init__(self, clip: int) -> None:
        super().__init__(discord.ui.Button(label="Retry", custom_id=f"clip:{clip}"))
        self.clip = clip

    @classmethod
    async def from_custom_id(cls, _: Any, __: Any, match: Any) -> "ClipButton":
        return cls(int(match["id"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.edit_message(content=f"again {self.clip}", view=None)


async def test_a_button_of_an_older_process_works(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        bot.add_dynamic_items(ClipButton)
        view = discord.ui.View(timeout=None).add_item(ClipButton(7))
        there = await bot.fetch_channel(int(channel.id))
        assert isinstance(there, discord.TextChannel)
        await there.send("made", view=view)
        view.stop()
        handle = await fake.press(ann, fake.ledger.in_channel(channel)[0], "Retry")
        message = await handle.says("again 7")
    assert message.buttons() == []
    assert handle.callback == 7


class Form(discord.ui.Modal, title="Cut"):
    """A form with one field."""

    start: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Start", max_length=8)

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"from {self.start.value}", ephemeral=True)


async def test_a_form_pops_up_and_is_sent(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        handle = await fake.slash(ann, channel, "clip", {"source": "x"})
        await (await bot.meet()).response.send_modal(Form())
        assert await handle.acknowledged() == 9
        with pytest.raises(ValueError, match="takes 0 to 8"):
            await fake.submit_modal(ann, handle, {"Start": "000000:00"})
        sent = await fake.submit_modal(ann, handle, {"Start": "1:30"})
        answer = await sent.answered()
    assert answer.content == "from 1:30"
    assert answer.ephemeral


async def test_what_is_typed_is_completed(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")

    async def complete(met: Met) -> None:
        assert met.type is discord.InteractionType.autocomplete
        await met.response.autocomplete([discord.app_commands.Choice(name="One", value="1")])

    async with online(fake) as bot:
        asked = asyncio.create_task(fake.autocomplete(ann, channel, "clip", {"source": "o"}, "source"))
        await complete(await bot.meet())
        assert await asked == [{"name": "One", "value": "1"}]


async def test_a_menu_of_a_message_says_which(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        said = await fake.say(ann, channel, "look", attachments=[Upload("v.mp4", b"1", "video/mp4")])
        handle = await fake.context_menu(ann, channel, "Clip this", said)
        met = await bot.meet()
        data: Any = met.data
        assert data["resolved"]["messages"][said.id]["attachments"][0]["filename"] == "v.mp4"
        await met.response.send_message("on it", ephemeral=True)
        assert (await handle.answered()).type == 23


async def test_people_write_react_delete_and_ban(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        first = await fake.say(ann, channel, f"{fake.bot.mention} clip that")
        heard = await bot.hear()
        assert heard.content == f"{fake.bot.mention} clip that"
        await heard.add_reaction("👀")
        await heard.reply("made", nonce="clip-1")
        assert first.reactions == {"👀": [fake.bot.id]}
        added = asyncio.create_task(bot.wait_for("raw_reaction_add"))
        gone = asyncio.create_task(bot.wait_for("raw_message_delete"))
        banned = asyncio.create_task(bot.wait_for("member_ban"))
        await asyncio.sleep(0)
        await fake.react(ann, fake.ledger.in_channel(channel)[1], "👍")
        await fake.delete_message(first)
        await fake.ban(ann)
        assert (await asyncio.wait_for(added, PATIENCE_S)).user_id == int(ann.id)
        assert (await asyncio.wait_for(gone, PATIENCE_S)).message_id == int(first.id)
        await asyncio.wait_for(banned, PATIENCE_S)
    reply = fake.ledger.in_channel(channel)[0]
    assert reply.answers is first
    assert reply.pings.users == {ann.id}


async def test_a_long_text_is_refused_as_discord_does(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel = guild.add_channel("clips")
    async with online(fake) as bot:
        there = await bot.fetch_channel(int(channel.id))
        assert isinstance(there, discord.TextChannel)
        with pytest.raises(discord.HTTPException, match="In content: Must be 2000 or fewer in length") as refusal:
            await there.send("x" * 2001)
    assert refusal.value.code == 50035
    assert len(fake.violations) == 1
    fake.forgive()


async def test_who_answers_late_is_unknown(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake) as bot:
        await fake.slash(ann, channel, "clip", {"source": "x"})
        met = await bot.meet()
        clock_of(fake).advance(3.1)
        with pytest.raises(discord.NotFound) as late:
            await met.response.defer()
        assert late.value.code == 10062
        await fake.slash(ann, channel, "clip", {"source": "x"})
        met = await bot.meet()
        await met.response.defer()
        clock_of(fake).advance(15 * 60)
        with pytest.raises(discord.HTTPException) as expired:
            await met.edit_original_response(content="too late")
        assert expired.value.code == 50027


async def test_without_the_intent_only_mentions_can_be_read(fake: FakeDiscord) -> None:
    guild = fake.add_guild()
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with online(fake, Bot(intents=discord.Intents.default())) as bot:
        await fake.say(ann, channel, "secret", attachments=[Upload("v.mp4", b"1")])
        heard = await bot.hear()
        assert (heard.content, heard.attachments) == ("", [])
        await fake.say(ann, channel, f"{fake.bot.mention} open")
        assert (await bot.hear()).content.endswith("open")
