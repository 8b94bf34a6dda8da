"""What the bot sends by itself: found again, as a file or a link, without effect of anybody's words, errors named."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.discord.line import OwnLine
from bot.adapters.discord.speaker import DiscordSpeaker
from bot.speaker import MediaFile, Spoken, Telling
from bot.vocabulary import Action, Field, Media, Place, Reply
from clipnet.errors import Misconfigured, NotAllowed, NotFound, Unavailable
from clipnet.settings import Settings
from clipnet.texts import text
from tests.bot.adapters.discord.conftest import Scene
from tests.fakes.discord import Permission
from tests.fakes.faults import Fault, Faults

SEND = "POST /api/v10/channels/{channel}/messages"
ANSWER = "PATCH /api/v10/webhooks/{application}/{token}/messages/{message}"
KEY = "clips/abc.mp4"


@pytest.fixture
async def speaker(scene: Scene, api_settings: Settings) -> AsyncIterator[DiscordSpeaker]:
    """The speaker of a process that only speaks, as the worker is."""
    line = OwnLine(api_settings.discord)
    yield DiscordSpeaker(line, "https://clips.example", clock=scene.clock)
    await line.close()


def here(scene: Scene) -> Place:
    return Place("discord", scene.channel.id, within=scene.guild.id)


def of_size(folder: Path, size: int) -> dict[str, MediaFile]:
    path = folder / "film.mp4"
    with path.open("wb") as file:
        file.truncate(size)
    return {KEY: MediaFile(str(path), "clip-7K3QX9.mp4", size, "video/mp4")}


CLIP = Reply(text("Request {id} is done.", id="7K3QX9"), media=(Media("video", KEY, "7K3QX9"),))


async def test_a_clip_is_sent_as_a_file_and_found_by_its_key(
    speaker: DiscordSpeaker, scene: Scene, tmp_path: Path
) -> None:
    spoken = await speaker.say(here(scene), Telling(CLIP, "n12-0", files=of_size(tmp_path, 1000)))
    sent = scene.fake.ledger.messages[spoken.id]
    assert [file.upload.filename for file in sent.attachments] == ["clip-7K3QX9.mp4"]
    assert sent.content == ""
    assert await speaker.find(here(scene), "n12-0") == spoken
    assert await speaker.find(here(scene), "n12-1") is None


async def test_the_same_key_is_one_message_though_the_answer_was_lost(speaker: DiscordSpeaker, scene: Scene) -> None:
    scene.fake.faults.plan(SEND, Fault.LOST)
    with pytest.raises(Unavailable):
        await speaker.say(here(scene), Telling(CLIP, "n13"))
    found = await speaker.find(here(scene), "n13")
    assert found is not None
    assert (await speaker.say(here(scene), Telling(CLIP, "n13"))).id == found.id
    assert len(scene.fake.ledger.in_channel(scene.channel)) == 1


@pytest.mark.parametrize(("tier", "size", "as_file"), [(0, 11, False), (2, 11, True), (2, 51, False), (0, 9, True)])
async def test_a_clip_beyond_the_servers_limit_is_a_link(
    speaker: DiscordSpeaker, scene: Scene, tmp_path: Path, tier: int, size: int, as_file: bool
) -> None:
    guild = scene.fake.add_guild(tier=tier)
    channel = guild.add_channel("clips")
    spoken = await speaker.say(
        Place("discord", channel.id), Telling(CLIP, "n1", files=of_size(tmp_path, size * 1024**2))
    )
    sent = scene.fake.ledger.messages[spoken.id]
    assert bool(sent.attachments) is as_file
    assert sent.content == ("" if as_file else f"https://clips.example/api/v1/media/{KEY}")


@pytest.mark.parametrize(("limit_mib", "as_file"), [(10, False), (50, True)])
async def test_an_interaction_says_itself_how_large_a_file_may_be(
    speaker: DiscordSpeaker, scene: Scene, tmp_path: Path, limit_mib: int, as_file: bool
) -> None:
    guild = scene.fake.add_guild(tier=2 if as_file else 0)
    channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
    async with scene.online():
        handle = await scene.fake.slash(ann, channel, "echo", {"words": "soon"})
        message = await handle.says("soon")
        assert handle.payload["attachment_size_limit"] == limit_mib * 1024**2
        place = Place(
            "discord",
            channel.id,
            extra={
                "token": handle.token,
                "application": scene.fake.application_id,
                "until": str(scene.clock.now().timestamp() + 600),
                "file_limit": str(handle.payload["attachment_size_limit"]),
            },
        )
        await speaker.edit(Spoken(message.id, place), Telling(CLIP, "n1", files=of_size(tmp_path, 11 * 1024**2)))
    assert bool(message.attachments) is as_file
    assert message.content == ("" if as_file else f"https://clips.example/api/v1/media/{KEY}")
    assert not scene.fake.calls("GET /api/v10/guilds/{guild}")


async def test_what_is_too_much_for_one_request_is_linked(
    speaker: DiscordSpeaker, scene: Scene, tmp_path: Path
) -> None:
    media = tuple(Media("video", f"clips/{number}.mp4", str(number)) for number in range(60))
    file = of_size(tmp_path, 9 * 1024**2)[KEY]
    files = {each.key: replace(file, name=f"clip-{each.label}.mp4") for each in media[:3]}
    spoken = await speaker.say(here(scene), Telling(Reply("Many.", media=media), "n1", files=files))
    sent = scene.fake.ledger.messages[spoken.id]
    assert [one.upload.filename for one in sent.attachments] == ["clip-0.mp4", "clip-1.mp4"]
    links = sent.content.splitlines()
    assert links[0] == "https://clips.example/api/v1/media/clips/2.mp4"
    assert 1900 < len(sent.content) <= 2000
    assert links == [f"https://clips.example/api/v1/media/clips/{number}.mp4" for number in range(2, 2 + len(links))]


async def test_a_change_keeps_the_file_and_a_clip_that_is_gone_goes(
    speaker: DiscordSpeaker, scene: Scene, tmp_path: Path
) -> None:
    spoken = await speaker.say(here(scene), Telling(CLIP, "n1", files=of_size(tmp_path, 1000)))
    sent = scene.fake.ledger.messages[spoken.id]
    voted = Reply(CLIP.text, media=CLIP.media, actions=(Action("👍 1", "vote", {"clip": "7K3QX9", "choice": "up"}),))
    await speaker.edit(spoken, Telling(voted, "n1"))
    assert (len(sent.attachments), sent.content, len(sent.buttons())) == (1, "", 1)
    await speaker.edit(spoken, Telling(Reply("It was taken down."), "n1"))
    assert (sent.attachments, sent.buttons(), "taken down" in sent.text) == ([], [], True)
    assert await speaker.delete(spoken)
    with pytest.raises(NotFound):
        await speaker.edit(spoken, Telling(CLIP, "n1"))


BAD = "@everyone <@&{role}> <@{user}> **b** [x](https://evil.example) ||s|| `c`\n# head <#1> </clip:1> \\"


async def test_nobody_is_pinged_and_nothing_of_a_name_or_title_is_markup(speaker: DiscordSpeaker, scene: Scene) -> None:
    role = scene.guild.add_role("all", mentionable=True)
    scene.guild.set_roles(scene.guild.me, [*scene.guild.me.roles, scene.guild.add_role("loud", permissions=1 << 17)])
    words = BAD.format(role=role.id, user=scene.bob.id)
    reply = Reply(
        text("{name} says: {title}", name=words, title=words),
        (Field(words, words),),
        actions=(Action(words, "echo", {"words": "x"}),),
    )
    asking = await scene.fake.say(scene.ann, scene.channel, "!clip")
    spoken = await speaker.say(here(scene), Telling(reply, "n2", answers=asking.id))
    sent = scene.fake.ledger.messages[spoken.id]
    assert not sent.pings.everyone
    assert not sent.pings.roles
    assert sent.pings.users == {scene.ann.id}
    embed = sent.embeds[0]
    for shown in (embed["description"], embed["fields"][0]["name"], embed["fields"][0]["value"]):
        for live in ("@everyone", f"<@{scene.bob.id}", f"<@&{role.id}", "<#1>", "</clip"):
            assert live not in shown.replace("\\", "")
        assert "\\*\\*b\\*\\*" in shown
        assert "\\|\\|s" in shown
        assert "](" not in shown


async def test_what_is_too_much_for_discord_is_shortened(speaker: DiscordSpeaker, scene: Scene) -> None:
    fields = tuple(Field("n" * 300, "v" * 2000) for _ in range(40))
    actions = tuple(Action("l" * 200, "show", {"id": f"{number:06d}"}) for number in range(40))
    long = Action("too long", "echo", {"words": "w" * 200})
    spoken = await speaker.say(here(scene), Telling(Reply("t" * 9000, fields, actions=(long, *actions)), "n3"))
    assert len(scene.fake.ledger.messages[spoken.id].buttons()) == 25


async def test_a_lacking_permission_is_named(speaker: DiscordSpeaker, scene: Scene) -> None:
    mute = scene.guild.add_channel("mute", deny=Permission.SEND_MESSAGES)
    with pytest.raises(NotAllowed) as refused:
        await speaker.say(Place("discord", mute.id), Telling(CLIP, "n4"))
    assert "Send Messages" in refused.value.hint
    hidden = scene.guild.add_channel("hidden", deny=Permission.VIEW_CHANNEL)
    with pytest.raises(NotAllowed) as refused:
        await speaker.say(Place("discord", hidden.id), Telling(CLIP, "n4"))
    assert "View Channel" in refused.value.hint
    with pytest.raises(NotFound):
        await speaker.say(Place("discord", "1"), Telling(CLIP, "n4"))


async def test_what_passes_is_worth_another_try(speaker: DiscordSpeaker, scene: Scene) -> None:
    scene.fake.faults.plan(SEND, Fault.TOO_MANY, after_s=40)
    with pytest.raises(Unavailable) as later:
        await speaker.say(here(scene), Telling(CLIP, "n5"))
    assert later.value.retry_after_s == 40
    for fault in (Fault.HTML_503, Fault.DROP):
        scene.fake.faults.plan(SEND, fault)
        with pytest.raises(Unavailable):
            await speaker.say(here(scene), Telling(CLIP, "n5"))


async def test_a_token_that_discord_refuses_is_said(scene: Scene, api_settings: Settings) -> None:
    wrong = api_settings.discord.model_copy(update={"token": "wrong.token.x"})
    line = OwnLine(wrong)
    with pytest.raises(Misconfigured, match="refuses"):
        await DiscordSpeaker(line, None).say(here(scene), Telling(CLIP, "n6"))


async def test_an_answer_that_nobody_wrote_down_goes_into_the_message_that_was_acknowledged(
    scene: Scene, speaker: DiscordSpeaker, tmp_path: Path
) -> None:
    scene.fake.faults.plan(ANSWER, Fault.SERVER_ERROR, times=10)
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "echo", {"words": "never shown"})
        await handle.acknowledged()
    extra = {"token": handle.token, "application": scene.fake.application_id}
    until = scene.clock.now().timestamp() + 600
    place = replace(here(scene), extra=extra | {"until": str(until)})
    scene.fake.faults = Faults()

    said = await speaker.say(place, Telling(CLIP, "n1", files=of_size(tmp_path, 5)))
    assert handle.original is not None
    assert said.id == handle.original.id
    assert (handle.original.loading, len(handle.original.attachments)) == (False, 1)

    await scene.fake.delete_message(handle.original)
    again = await speaker.say(place, Telling(CLIP, "n2", files=of_size(tmp_path, 5)))
    assert again.id != said.id
    assert "7K3QX9" in scene.shown()[-1]
