"""What people write in chat, by the real library and the websocket, and what they are told."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.adapters.twitch.reading import Said, invocation
from tests.bot.adapters.twitch.stage import Stage

LINK = "https://example.org/talk.mp4"


async def test_a_command_makes_a_job_and_is_answered_by_a_reply(stage: Stage) -> None:
    async with stage.listening():
        asked = await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK} 1:20")
        said = await stage.fake.heard(stage.channel)
    assert await stage.jobs() == 1
    request = await stage.ledger.value("select public_id from requests")
    assert [message.text for message in said] == [f"On it: request {request}."]
    assert said[0].reply_to is asked


async def test_unknown_words_and_talk_are_left_alone(stage: Stage) -> None:
    async with stage.listening():
        for words in ("!lurk", "clip that", "!", "what a clip!", f"see {LINK}"):
            await stage.fake.chat(stage.fan, stage.channel, words)
        await stage.fake.chat(stage.fan, stage.channel, "!help")
        said = await stage.fake.heard(stage.channel)
    assert len(said) == 1
    assert await stage.jobs() == 0


async def test_bad_arguments_get_one_line_that_shows_how(stage: Stage) -> None:
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK} --aspect round")
        said = await stage.fake.heard(stage.channel)
    assert len(said) == 1
    assert "9:16" in said[0].text
    assert await stage.jobs() == 0


async def test_a_cooldown_is_told_once(stage: Stage) -> None:
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}")
        await stage.fake.heard(stage.channel)
        await stage.use_up("clip")
        for number in range(4):
            await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}?n={number}")
        await stage.fake.chat(stage.fan, stage.channel, "!help")
        await stage.fake.heard(stage.channel, 3)
    assert ["too often" in words for words in stage.said()] == [False, True, False]
    assert await stage.jobs() == 1


async def test_the_same_event_twice_is_one_job_and_one_line(stage: Stage) -> None:
    stage.fake.bus.duplicate()
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}")
        await stage.fake.chat(stage.fan, stage.channel, "!help")
        await stage.fake.heard(stage.channel, 2)
    assert await stage.jobs() == 1
    assert sum(words.startswith("On it") for words in stage.said()) == 1


async def test_it_neither_answers_itself_nor_what_another_channel_wrote(stage: Stage) -> None:
    guest = stage.fake.add_channel("Guest", live=True)
    async with stage.listening():
        await stage.fake.chat(stage.bot, stage.channel, f"!clip {LINK}")
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}", source_channel=guest)
        await stage.fake.chat(stage.fan, stage.channel, "!help")
        await stage.fake.heard(stage.channel)
        await asyncio.sleep(0.05)
    assert await stage.jobs() == 0
    assert len(stage.said()) == 1


async def test_a_reply_to_a_message_with_a_link_means_that_video(stage: Stage) -> None:
    stage.channel.stream = None
    async with stage.listening():
        first = await stage.fake.chat(stage.fan, stage.channel, f"have you seen {LINK}?")
        await stage.fake.chat(stage.fan, stage.channel, "@Fan !clip", reply_to=first)
        await stage.fake.heard(stage.channel)
    assert await stage.ledger.value("select origin from sources") == LINK


async def test_a_deleted_message_takes_its_request_back(stage: Stage) -> None:
    async with stage.listening():
        asked = await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}")
        await stage.fake.heard(stage.channel)
        await stage.fake.delete_message(asked)
        state = "select state = 'cancelled' from requests"
        await stage.until(lambda: stage.ledger.value(state))


async def test_a_ban_takes_back_what_the_banned_asked_for(stage: Stage) -> None:
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}")
        await stage.fake.heard(stage.channel)
        await stage.fake.ban(stage.channel, stage.fan)
        state = "select state = 'cancelled' from requests"
        await stage.until(lambda: stage.ledger.value(state))


async def test_events_out_of_order_are_still_all_handled(stage: Stage) -> None:
    stage.fake.bus.reorder(2)
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}?a")
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}?b")
        await stage.fake.heard(stage.channel, 2)
    assert await stage.jobs() == 2


async def test_an_answer_that_twitch_takes_slowly_holds_up_no_other_channel(stage: Stage) -> None:
    other = stage.fake.add_channel("Other", live=True)
    await stage.ledger.conn.execute(
        "insert into community_places values ('twitch', $1, $2)", other.id, stage.community_id
    )
    async with stage.listening():
        await stage.fake.subscribed("channel.chat.message", other)
        slow = stage.fake.faults.hold("POST /helix/chat/messages")
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}?slow")
        await stage.until(lambda: stage.fake.calls("POST /helix/chat/messages"))
        await stage.fake.chat(stage.fan, other, f"!clip {LINK}?quick")
        await stage.fake.heard(other)
        assert stage.said() == []
        slow.set()
        await stage.fake.heard(stage.channel)
    assert await stage.jobs() == 2


async def test_badges_are_roles_in_the_place(stage: Stage) -> None:
    await stage.ledger.conn.execute("""update communities set settings = '{"who_clips": "subscribers"}'""")
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}")
        await stage.fake.heard(stage.channel)
        assert await stage.jobs() == 0
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}", badges=["subscriber"])
        await stage.fake.heard(stage.channel, 2)
    assert await stage.jobs() == 1


async def test_channels_come_and_go_while_it_runs(stage: Stage) -> None:
    other = stage.fake.add_channel("Other")
    async with stage.listening():
        await stage.ledger.conn.execute(
            "insert into community_places values ('twitch', $1, $2)", other.id, stage.community_id
        )
        await stage.fake.subscribed("channel.chat.message", other)
        await stage.ledger.conn.execute("delete from community_places where platform_place_id = $1", other.id)
        facts = {"broadcaster_user_id": other.id}
        await stage.fake.until(lambda: not any(stage.fake.bus.matching("channel.chat.message", facts)))


async def test_however_viewers_write_it_on_air_it_is_clipped(stage: Stage) -> None:
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, "!Clip that! 45 what a save \U000e0000")
        (said,) = await stage.fake.heard(stage.channel)
    assert said.text.startswith("On it: request")
    assert await stage.ledger.value("select (options->>'length_s')::float8 from requests") == 45


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("!clip lol", "!clip"),
        ("!clip what a save", "!clip"),
        ("!CLIP 1m30s omg", "!clip 1m30s"),
        (f"!clip {LINK} 1:20 wow", f"!clip {LINK} 1:20 wow"),
        ("!clip --count 2", "!clip --count 2"),
        ("!clips", "!clips"),
        ("!vote up", "!vote up"),
    ],
)
def test_what_follows_on_air_is_talk_unless_it_is_a_wish(words: str, meant: str) -> None:
    said = Said("1", "2", "3", "Fan", words, datetime.now(UTC), 0, frozenset())
    assert invocation(said, live=True).text == meant
    assert invocation(said, live=False).text == words


async def test_what_is_wrong_is_said_briefly_and_once_a_minute_to_the_whole_chat(stage: Stage) -> None:
    others = [stage.fake.add_user(f"Fan{number}") for number in range(4)]
    async with stage.listening():
        for fan in others:
            await stage.fake.chat(fan, stage.channel, f"!clip {LINK} --shape round")
        await stage.fake.chat(stage.fan, stage.channel, "!help")
        said = await stage.fake.heard(stage.channel, 2)
        await asyncio.sleep(0.1)
    assert [message.text for message in said] == stage.said()
    assert said[0].text == "clip has no option “shape”. Usage: !clip [source] [range]"


async def test_what_is_to_be_confirmed_says_how(stage: Stage) -> None:
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, "!forget-me")
        await stage.fake.heard(stage.channel)
        assert stage.said()[0].endswith("Confirm within 60 s. → !confirm")
        await stage.fake.chat(stage.fan, stage.channel, "!confirm")
        await stage.fake.heard(stage.channel, 2)
    assert await stage.ledger.value("select count(*) from identities where platform_user_id = $1", stage.fan.id) == 0
