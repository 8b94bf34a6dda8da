"""The websocket's ways to end, and what is there afterwards."""

import asyncio

import pytest

from bot.adapters.twitch import subscriptions
from bot.adapters.twitch.adapter import STUCK_S, Pace, TwitchAdapter
from clipnet.errors import Unavailable
from tests.bot.adapters.twitch.stage import Hurried, Stage
from tests.fakes.faults import Fault
from tests.fakes.server import PATIENCE_S
from tests.fakes.twitch.sockets import FIRST_SUBSCRIPTION_S, UNUSED

LINK = "https://example.org/talk.mp4"


async def heard(stage: Stage, number: int) -> None:
    """A command is heard and answered."""
    await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}?n={number}")
    await stage.until(lambda: len(stage.said()) >= number)


async def test_a_move_to_another_socket_asks_for_nothing_again(stage: Stage) -> None:
    async with stage.listening():
        old = stage.fake.sockets.of(stage.bot.id)[0]
        asked = len(stage.fake.calls("POST /helix/eventsub/subscriptions"))
        await stage.fake.sockets.reconnect()
        await stage.fake.until(lambda: not old.open)
        await heard(stage, 1)
        await asyncio.sleep(0.2)
    assert len(stage.fake.calls("POST /helix/eventsub/subscriptions")) == asked == 3


async def test_a_move_that_fails_is_made_good(stage: Stage) -> None:
    async with stage.listening():
        stage.fake.sockets.unused_s = 0.5
        stage.fake.faults.plan("GET /ws", Fault.SERVER_ERROR)
        (old,) = stage.fake.sockets.of(stage.bot.id)
        await stage.fake.sockets.reconnect()
        await stage.fake.until(lambda: not old.open)
        # The library leaves the next one unused; ours may take its time.
        await stage.fake.until(lambda: any(one.close_code == UNUSED for one in stage.fake.sockets.sessions.values()))
        stage.fake.sockets.unused_s = FIRST_SUBSCRIPTION_S
        for kind in subscriptions.CHAT:
            await stage.fake.subscribed(kind, stage.channel)
        await heard(stage, 1)
    assert await stage.jobs() == 1


async def test_a_cut_connection_comes_back_with_everything(stage: Stage) -> None:
    async with stage.listening():
        old = stage.fake.sockets.of(stage.bot.id)[0]
        stage.fake.sockets.drop()
        await stage.fake.until(lambda: not old.open)
        for kind in subscriptions.CHAT:
            await stage.fake.subscribed(kind, stage.channel)
        await heard(stage, 1)
        await stage.until(lambda: stage.adapter.status.note == "")
    assert {session.close_code for session in stage.fake.sockets.sessions.values()}.isdisjoint({4001, 4003})


async def test_a_bot_that_is_banned_says_so_and_comes_back(stage: Stage) -> None:
    async with stage.listening():
        await stage.fake.ban(stage.channel, stage.bot)
        await stage.until(lambda: "chat_user_banned" in stage.adapter.status.note)
        assert "moderator" in stage.adapter.status.note
        await asyncio.sleep(0.2)
        assert stage.adapter.status.state == "running"


async def test_a_consent_that_is_taken_back_is_told_and_not_asked_again(stage: Stage) -> None:
    async with stage.listening():
        await stage.fake.revoke(stage.bot)
        await stage.until(lambda: stage.adapter.status.state == "waiting")
        assert "connect twitch --as bot" in stage.adapter.status.note
        asked = len(stage.fake.journal)
        await asyncio.sleep(0.3)
    assert len([call for call in stage.fake.journal[asked:] if "eventsub" in call.route]) == 0


async def test_no_socket_is_opened_without_something_to_hear(stage: Stage) -> None:
    """An unused socket would be closed with 4003."""
    await stage.ledger.conn.execute("delete from community_places")
    async with stage.running():
        await stage.until(lambda: stage.adapter.status.state == "running")
        await asyncio.sleep(0.2)
    assert stage.fake.sockets.sessions == {}


async def test_a_channel_without_consent_keeps_no_other_from_being_heard(stage: Stage) -> None:
    other = stage.fake.add_channel("Closed")
    await stage.fake.ban(other, stage.bot)
    await stage.ledger.conn.execute(
        "insert into community_places values ('twitch', $1, $2)", other.id, stage.community_id
    )
    async with stage.listening():
        await heard(stage, 1)
        await stage.until(lambda: other.id in stage.adapter.status.note)


async def test_a_socket_that_falls_silent_is_replaced_with_all_it_was_for(stage: Stage) -> None:
    """Also when the library brought it back before."""
    stage.fake.sockets.keepalive_s, stage.fake.sockets.share = 3, 0.1
    async with stage.listening():
        stage.fake.sockets.drop()
        await stage.fake.until(lambda: not any(each.live for each in stage.fake.bus.subscriptions))
        for kind in subscriptions.CHAT:
            await stage.fake.subscribed(kind, stage.channel)
        (deaf,) = stage.fake.sockets.of(stage.bot.id)
        stage.fake.sockets.silent = True
        await stage.fake.until(lambda: not deaf.open)
        stage.fake.sockets.silent, stage.fake.sockets.keepalive_s = False, None
        for kind in subscriptions.CHAT:
            await stage.fake.subscribed(kind, stage.channel)
        await heard(stage, 1)
        (fresh,) = stage.fake.sockets.of(stage.bot.id)
        live = [each for each in stage.fake.bus.subscriptions if each.live]
    assert fresh is not deaf
    assert sorted(each.kind for each in live) == sorted(subscriptions.CHAT)
    assert {each.transport["session_id"] for each in live} == {fresh.id}
    assert await stage.jobs() == len(stage.said()) == 1


async def test_a_socket_that_stays_away_has_everything_begin_anew(stage: Stage) -> None:
    stage.adapter = TwitchAdapter(stage.router, stage.ring, clock=Hurried(), pace=Pace(tend_s=STUCK_S / 8))
    async with stage.running() as task:
        await stage.fake.subscribed("channel.chat.clear_user_messages", stage.channel)
        stage.fake.faults.plan("GET /ws", Fault.SERVER_ERROR, times=50)
        stage.fake.sockets.drop()
        with pytest.raises(Unavailable, match="sends no events"):
            await asyncio.wait_for(task, PATIENCE_S)
    assert [each for each in asyncio.all_tasks() if "Websocket" in str(each.get_coro())] == []


async def test_an_adapter_that_is_ended_again_and_again_leaves_no_socket(stage: Stage) -> None:
    async with stage.running() as task:
        await stage.fake.subscribed("channel.chat.clear_user_messages", stage.channel)
        for _ in range(5):
            task.cancel()
            await asyncio.sleep(0)
    assert [each for each in asyncio.all_tasks() if "Websocket" in str(each.get_coro())] == []
    await stage.fake.until(lambda: not any(each.open for each in stage.fake.sockets.of(stage.bot.id)))
