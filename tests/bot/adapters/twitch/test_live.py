"""What is on air: Twitch's own clip at once, one for all who ask, markers, and streams in the ledger."""

import time

from bot.adapters.twitch.promises import Promises
from db.chat_counts import CHAT_BUCKET_S
from tests.bot.adapters.twitch.stage import Stage
from tests.fakes.faults import Fault


async def test_asking_live_is_answered_with_twitchs_own_clip_when_it_is_there(stage: Stage) -> None:
    stage.fake.channels.clip_polls = 3
    async with stage.listening():
        asked = await stage.fake.chat(stage.fan, stage.channel, "!clip")
        said = await stage.fake.heard(stage.channel)
    request = await stage.ledger.value("select public_id from requests")
    url = f"https://clips.twitch.tv/{stage.fake.clips[0].id}"
    assert [message.text for message in said] == [f"On it: request {request}. Twitch's own clip: {url}"]
    assert said[0].reply_to is asked
    assert len(stage.fake.clips) == 1
    assert stage.fake.clips[0].creator is stage.bot


async def test_many_who_ask_for_one_moment_get_one_clip_and_one_line(stage: Stage) -> None:
    fans = [stage.fake.add_user(f"Fan{number}") for number in range(30)]
    async with stage.listening():
        for fan in fans:
            await stage.fake.chat(fan, stage.channel, "!clip")
        await stage.until(lambda: asked_by(stage, len(fans)))
        await stage.fake.heard(stage.channel)
        # What is heard in one channel is handled in order, so by this answer nothing else is to come.
        await stage.fake.chat(stage.fan, stage.channel, "!help")
        await stage.fake.heard(stage.channel, 2)
    assert await stage.jobs() == 1
    assert len(stage.fake.clips) == 1
    assert [text.startswith("On it: request") for text in stage.said()] == [True, False]
    assert await stage.ledger.value("select count(distinct user_id) from stream_marks where kind = 'ask'") == 30


async def asked_by(stage: Stage, count: int) -> bool:
    return bool(await stage.ledger.value("select count(*) = $1 from request_askers", count))


async def test_a_link_while_live_makes_no_clip_of_twitchs(stage: Stage) -> None:
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, "!clip https://example.org/talk.mp4")
        await stage.fake.heard(stage.channel)
    assert stage.fake.clips == []


async def test_where_twitch_makes_no_clip_only_ours_is_told(stage: Stage) -> None:
    stage.channel.clips_enabled = False
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, "!clip")
        said = await stage.fake.heard(stage.channel)
    assert [message.text.startswith("On it: request") for message in said] == [True]
    assert "clips.twitch.tv" not in said[0].text


async def test_the_length_of_a_clip_is_never_sent(stage: Stage) -> None:
    """The library can't send 30.5 seconds; Twitch's clip has Twitch's length whatever was asked for."""
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, "!clip 30.5")
        await stage.fake.heard(stage.channel)
    assert [call.query for call in stage.fake.calls("POST /helix/clips")] == [{"broadcaster_id": stage.channel.id}]


async def test_a_moment_is_marked_where_the_broadcaster_allows_it(stage: Stage) -> None:
    await stage.keep(
        stage.fake.issue_token(stage.channel.user, "channel:bot", "channel:manage:broadcast"), "broadcaster"
    )
    async with stage.listening():
        await stage.until(lambda: stage.channel.id in stage.adapter.keeper._known)
        await stage.fake.chat(stage.fan, stage.channel, "!clip")
        await stage.fake.heard(stage.channel)
    request = await stage.ledger.value("select public_id from requests")
    assert [marker.description for marker in stage.fake.markers] == [f"ClipNet {request}"]
    assert await stage.ledger.value("select count(*) from stream_marks") == 1


async def test_streams_are_in_the_ledger_with_their_ends(stage: Stage) -> None:
    async with stage.listening():
        row = await stage.ledger.conn.fetchrow("select * from streams")
        assert row is not None
        assert (row["title"], row["url"], row["state"]) == ("A good day", "https://www.twitch.tv/streamer", "live")
        await stage.fake.end_stream(stage.channel)
        await stage.until(lambda: stage.ledger.value("select state = 'ended' from streams"))
        assert await stage.ledger.value("select count(*) from jobs where kind = 'clipbot:recap'") == 1
        await stage.fake.go_live(stage.channel)
        await stage.until(lambda: stage.ledger.value("select count(*) = 1 from streams where state = 'live'"))
    assert await stage.ledger.value("select count(*) from streams") == 2


async def test_a_broadcaster_who_consented_is_told_of_by_events(stage: Stage) -> None:
    stage.channel.stream = None
    await stage.keep(stage.fake.issue_token(stage.channel.user, "channel:bot"), "broadcaster")
    async with stage.listening():
        await stage.fake.subscribed("stream.offline", stage.channel)
        stage.fake.faults.plan("GET /helix/streams", Fault.SERVER_ERROR, times=500)
        await stage.fake.go_live(stage.channel)
        await stage.until(stage.listener_air)
        await stage.fake.end_stream(stage.channel)
        await stage.until(lambda: stage.ledger.value("select state = 'ended' from streams"))
    assert [entry.cost for entry in stage.fake.bus.subscriptions] == [0] * 5


async def test_chat_is_counted_by_the_platforms_time(stage: Stage) -> None:
    others = [stage.fake.add_user(f"Fan{number}") for number in range(5)]
    async with stage.listening():
        began_s = time.time()
        for fan in [*others, others[0]]:
            await stage.fake.chat(fan, stage.channel, "wow Kappa", emotes={"Kappa": "25"})
        ended_s = time.time()
        total = "select coalesce(sum(messages), 0) = 6 from chat_counts"
        await stage.until(lambda: stage.ledger.value(total))
    row = await stage.ledger.conn.fetchrow(
        """
        select sum(emotes) as emotes, max(chatters) as chatters, extract(epoch from min(at))::float8 as first_s,
          extract(epoch from max(at))::float8 as last_s from chat_counts
        """
    )
    assert row is not None
    assert row["emotes"] == 6
    assert 1 <= row["chatters"] <= 5
    assert began_s - CHAT_BUCKET_S < row["first_s"] <= row["last_s"] <= ended_s


async def promised(stage: Stage) -> bool:
    """Whether Twitch's clip is there, for whoever comes after to know."""
    kept = await Promises(stage.services.queue.redis, stage.services.settings.redis.prefix).all()
    return [promise.clip_id for promise in kept] == [clip.id for clip in stage.fake.clips] != []


async def test_a_promise_that_is_being_kept_is_not_resumed(stage: Stage) -> None:
    make = stage.fake.faults.hold("POST /helix/clips")
    async with stage.listening():
        await stage.fake.chat(stage.fan, stage.channel, "!clip")
        await stage.until(lambda: stage.fake.calls("POST /helix/clips"))
        assert stage.adapter.listener is not None
        await stage.adapter.listener._answering.resume()
        make.set()
        await stage.fake.heard(stage.channel)
    assert len(stage.fake.clips) == 1


async def test_an_answer_that_waits_for_twitchs_clip_outlasts_a_restart(stage: Stage) -> None:
    stage.fake.channels.clip_polls = 10**6
    async with stage.listening():
        asked = await stage.fake.chat(stage.fan, stage.channel, "!clip")
        await stage.until(lambda: promised(stage))
    assert stage.said() == []
    stage.fake.channels.clip_polls = 0
    async with stage.listening():
        said = await stage.fake.heard(stage.channel)
    assert f"https://clips.twitch.tv/{stage.fake.clips[0].id}" in said[0].text
    assert said[0].reply_to is asked
    assert len(stage.fake.clips) == 1
    async with stage.listening():
        pass
    assert len(stage.said()) == 1
