"""Speaking on Twitch: its limits, what it drops, and what can be found again."""

import time
from collections.abc import AsyncIterator

import pytest

from bot.adapters.twitch.line import line
from bot.adapters.twitch.speaker import AS_ANYBODY, TwitchSpeaker, open_speaker
from bot.speaker import Speaker, Telling
from bot.vocabulary import Field, Place, Reply
from clipnet.errors import Conflict, NotAllowed, Unavailable
from tests.bot.adapters.twitch.stage import Stage
from tests.fakes.faults import Fault, Faults


@pytest.fixture
async def speaker(stage: Stage) -> AsyncIterator[TwitchSpeaker]:
    """A worker's speaker."""
    async with open_speaker(stage.services.settings, stage.services.queue.redis) as made:
        checked: Speaker = made
        assert checked.can_edit is False
        yield made


def place(stage: Stage) -> Place:
    return Place("twitch", stage.channel.id)


def telling(text: str, key: str = "n1-0", answers: str | None = None) -> Telling:
    return Telling(Reply(text), key, answers=answers)


async def test_it_says_and_finds(stage: Stage, speaker: TwitchSpeaker) -> None:
    spoken = await speaker.say(place(stage), telling("Request ABC123 is done."))
    assert stage.said() == ["Request ABC123 is done."]
    assert await speaker.find(place(stage), "n1-0") == spoken
    with pytest.raises(Conflict):
        await speaker.find(place(stage), "n2-0")
    assert await speaker.delete(spoken) is False


async def test_a_message_whose_answer_was_lost_is_found_by_what_was_heard(stage: Stage, speaker: TwitchSpeaker) -> None:
    async with stage.listening():
        stage.fake.faults.plan("POST /helix/chat/messages", Fault.LOST)
        with pytest.raises(Exception, match="disconnected"):
            await speaker.say(place(stage), telling("Request ABC123 is done."))
        said = await stage.fake.heard(stage.channel)

        async def found() -> bool:
            try:
                return (await speaker.find(place(stage), "n1-0")).id == said[0].id  # type: ignore[union-attr]
            except Conflict:
                return False

        await stage.until(found)
    assert len(stage.said()) == 1


async def test_an_answer_to_a_message_that_is_gone_is_still_said(stage: Stage, speaker: TwitchSpeaker) -> None:
    asked = await stage.fake.chat(stage.fan, stage.channel, "!clip")
    await stage.fake.delete_message(asked)
    await speaker.say(place(stage), telling("On it.", answers=asked.id))
    assert [message.reply_to for message in stage.fake.said(stage.channel)] == [None]


async def test_the_same_words_are_said_another_way(stage: Stage, speaker: TwitchSpeaker) -> None:
    await allow(stage)
    await speaker.say(place(stage), telling("That is no link.", "a-1"))
    await speaker.say(place(stage), telling("That is no link.", "a-2"))
    assert stage.said() == ["That is no link.", "That is no link. · (2)"]
    assert stage.fake.dropped == []


async def test_limits_are_kept_before_twitch_has_to(stage: Stage, speaker: TwitchSpeaker) -> None:
    others = [stage.fake.add_channel(f"Other{number}") for number in range(12)]
    for channel in others:
        stage.fake.issue_token(channel.user, "channel:bot")
    began_s = time.time()
    for channel in others[:10]:
        await speaker.say(Place("twitch", channel.id), telling(f"Hello {channel.id}"))
    assert await stage.used_up_until("anybody") >= began_s + AS_ANYBODY.per_s
    await stage.use_up("anybody")
    with pytest.raises(Unavailable) as later:
        await speaker.say(Place("twitch", others[10].id), telling("Hello"))
    assert later.value.retry_after_s
    assert stage.fake.dropped == []


async def allow(stage: Stage) -> None:
    """The bot is no moderator, but the broadcaster let it in."""
    stage.channel.moderators.clear()
    stage.fake.issue_token(stage.channel.user, "channel:bot")


async def test_what_automod_holds_back_takes_a_person(stage: Stage, speaker: TwitchSpeaker) -> None:
    stage.fake.chats.reject = 1
    with pytest.raises(NotAllowed) as held:
        await speaker.say(place(stage), telling("Hm."))
    assert "moderator" in held.value.hint


async def test_a_rate_that_twitch_sees_and_we_did_not_is_tried_again(stage: Stage, speaker: TwitchSpeaker) -> None:
    await allow(stage)
    stage.fake.chats.apart_s = 60
    await speaker.say(place(stage), telling("one"))
    await stage.services.queue.redis.flushall()
    with pytest.raises(Unavailable) as later:
        await speaker.say(place(stage), telling("two"))
    assert later.value.retry_after_s
    assert [drop.code for drop in stage.fake.dropped] == ["msg_ratelimit"]


async def test_a_chat_that_did_not_let_it_in_says_what_to_do(stage: Stage, speaker: TwitchSpeaker) -> None:
    stage.channel.moderators.clear()
    with pytest.raises(NotAllowed) as refused:
        await speaker.say(place(stage), telling("Hello"))
    assert "connect twitch" in refused.value.hint


async def test_where_the_application_was_not_let_in_the_bots_account_answers(stage: Stage) -> None:
    stage.channel.moderators.clear()
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, "!help")
        (said,) = await stage.fake.heard(stage.channel)
    assert said.text.startswith("›")
    assert [call.status for call in stage.fake.calls("POST /helix/chat/messages")] == [401, 200]


async def test_twitch_being_away_is_worth_another_try(stage: Stage, speaker: TwitchSpeaker) -> None:
    for fault in (Fault.SERVER_ERROR, Fault.TOO_MANY, Fault.HTML_503):
        stage.fake.faults.plan("POST /helix/chat/messages", fault, times=5)
        with pytest.raises(Unavailable):
            await speaker.say(place(stage), telling(f"Hello {fault}"))
        stage.fake.faults = Faults()
    assert stage.said() == []


async def test_a_long_reply_is_said_with_its_link_whole(stage: Stage, speaker: TwitchSpeaker) -> None:
    link = "https://example.org/api/v1/media/" + "k" * 80
    reply = Reply(f"It is done: {link} {'and more ' * 90}", (Field("why", "a loud cheer " * 20),))
    await speaker.say(place(stage), Telling(reply, "n1-0"))
    (words,) = stage.said()
    assert len(words) <= 500
    assert words.endswith(link)


def test_nothing_that_is_said_is_a_command() -> None:
    assert [line(Reply(words)) for words in ("/ban fan", "!clip", ".me", "fine\n\tso")] == [
        "› /ban fan",
        "› !clip",
        "› .me",
        "fine so",
    ]
