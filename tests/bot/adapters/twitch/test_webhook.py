"""EventSub's webhook through the api's own door: the same code behind it as behind the websocket."""

import asyncio
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from bot.adapters.twitch.adapter import TwitchAdapter
from bot.adapters.twitch.hook import TwitchHook
from bot.hooks import Knock
from clipnet.clock import ManualClock, SystemClock
from clipnet.ending import end
from tests.bot.adapters.twitch.stage import PACE, SECRET, Stage, hook_of
from tests.fakes.twitch.hooks import Forgery, signature

LINK = "https://example.org/talk.mp4"
MESSAGE = "channel.chat.message"


async def test_a_command_by_webhook_is_a_job_and_an_answer(door: Stage) -> None:
    async with door.listening():
        asked = await door.fake.chat(door.fan, door.channel, f"!clip {LINK}")
        said = await door.fake.heard(door.channel)
    assert await door.jobs() == 1
    assert said[0].reply_to is asked
    assert door.fake.sockets.sessions == {}
    assert {attempt.status for attempt in door.fake.hooks.attempts if attempt.kind == "notification"} == {204}


async def test_asking_live_by_webhook_is_answered_with_twitchs_own_clip(door: Stage) -> None:
    async with door.listening():
        await door.fake.chat(door.fan, door.channel, "!clip")
        said = await door.fake.heard(door.channel)
    assert f"https://clips.twitch.tv/{door.fake.clips[0].id}" in said[0].text


@pytest.mark.parametrize("how", ["signature", "timestamp", "no signature"])
async def test_what_twitch_did_not_send_is_no_job(door: Stage, how: Forgery) -> None:
    async with door.listening():
        await door.fake.chat(door.fan, door.channel, f"!clip {LINK}")
        await door.fake.heard(door.channel)
        event = next(notice.event for notice in door.fake.bus.sent if notice.subscription.kind == MESSAGE)
        forged = {**event, "message_id": "0b3f8c1e-0000-4000-8000-000000000000"}
        assert await door.fake.hooks.forge(door.fake.webhook(MESSAGE, door.channel), how, forged) == 403
        await asyncio.sleep(0.1)
    assert await door.jobs() == 1


async def test_what_was_sent_before_is_no_second_job(door: Stage) -> None:
    async with door.listening():
        await door.fake.chat(door.fan, door.channel, f"!clip {LINK}")
        await door.fake.heard(door.channel)
        subscription = door.fake.webhook(MESSAGE, door.channel)
        first = next(notice for notice in door.fake.bus.sent if notice.subscription is subscription)
        await door.fake.bus.again(first)
        await door.fake.settled()
        await door.fake.chat(door.fan, door.channel, "!help")
        await door.fake.heard(door.channel, 2)
    assert await door.jobs() == 1
    assert len(door.said()) == 2
    assert {attempt.status for attempt in door.fake.hooks.attempts if attempt.kind == "notification"} == {204}


async def counted(door: Stage) -> int:
    """How many messages stand in the ledger as written."""
    return int(await door.ledger.value("select coalesce(sum(messages), 0) from chat_counts"))


DELIVERED = "select count(*) from deliveries where kind = 'notification'"


async def test_talk_is_counted_once_and_not_written_down(door: Stage) -> None:
    async with door.listening():
        door.fake.bus.duplicate(2)
        for words in ("wow", "what a goal!", "clip it"):
            await door.fake.chat(door.fan, door.channel, words)
        await door.fake.settled()
        assert await door.ledger.value(DELIVERED) == 0
        await door.fake.chat(door.fan, door.channel, f"!clip {LINK}")
        await door.fake.heard(door.channel)
        await door.fake.settled()
        assert await door.ledger.value(DELIVERED) == 2  # the command, and the bot's answer as it came back
    assert await counted(door) == 4
    assert await door.jobs() == 1


async def test_what_two_processes_heard_of_a_chat_is_counted_together_and_once(door: Stage) -> None:
    other = TwitchAdapter(door.router, door.ring, pace=PACE)
    hook = TwitchHook(SECRET, other.take, SystemClock(), overhear=other.overhear)
    async with door.listening():
        listening = asyncio.create_task(other.run())
        await door.until(lambda: other.listener)
        for words in ("wow", "what a goal", "again"):
            await door.fake.chat(door.fan, door.channel, words)
        await door.fake.settled()
        heard = next(notice for notice in door.fake.bus.sent if notice.subscription.kind == MESSAGE)
        kept = []
        for name, words in ((str(uuid4()), "never seen that"), (str(uuid4()), "!help")):
            event = {**heard.event, "message_id": name, "message": {**heard.event["message"], "text": words}}
            body = json.dumps({"subscription": heard.subscription.shown(), "event": event}).encode()
            said = {"id": name, "timestamp": heard.at, "type": "notification"}
            said["signature"] = signature(SECRET, name, heard.at, body)
            headers = {f"twitch-eventsub-message-{key}": value for key, value in said.items()}
            kept.append(hook.open(Knock("POST", headers, {}, body)).delivery)
        talk, command = kept
        assert talk is None
        assert command is not None
        await door.adapter.take(command.kind, command.body)  # another one drains than opened the door
        await door.fake.heard(door.channel)
        await door.fake.settled()
        await end([listening])
    assert await counted(door) == 5


async def test_talk_that_comes_before_it_listens_is_counted_after(door: Stage) -> None:
    async with door.listening():
        pass
    await door.fake.chat(door.fan, door.channel, "wow")
    await door.fake.settled()
    assert await door.ledger.value(DELIVERED) == 1
    async with door.running():
        await door.until(lambda: door.ledger.value(f"select ({DELIVERED} and done_at is not null) = 1"))
    assert await counted(door) == 1


async def test_a_forgery_under_a_genuine_id_does_not_keep_the_genuine_one_out(door: Stage) -> None:
    async with door.listening():
        door.fake.bus.lose()
        asked = await door.fake.chat(door.fan, door.channel, "never sent")
        subscription = door.fake.webhook(MESSAGE, door.channel)
        hook = TwitchHook("a secret of the webhook", door.adapter.take, SystemClock())
        headers = {
            "twitch-eventsub-message-id": asked.id,
            "twitch-eventsub-message-timestamp": door.fake.stamp(),
            "twitch-eventsub-message-type": "notification",
            "twitch-eventsub-message-signature": "sha256=" + "0" * 64,
        }
        assert hook.open(Knock("POST", headers, {}, b"{}")).delivery is None
        await door.fake.chat(door.fan, door.channel, f"!clip {LINK}")
        await door.fake.heard(door.channel)
    assert subscription.status == "enabled"
    assert await door.jobs() == 1


async def test_the_challenge_goes_back_as_it_came(door: Stage) -> None:
    async with door.listening():
        pass
    assert {entry.status for entry in door.fake.bus.subscriptions} == {"enabled"}
    assert {attempt.status for attempt in door.fake.hooks.attempts} == {200}


async def test_subscriptions_are_brought_in_order_at_the_start(door: Stage) -> None:
    async with door.listening():
        pass
    message = door.fake.webhook(MESSAGE, door.channel)
    message.status = "notification_failures_exceeded"
    foreign = door.fake.webhook("channel.chat.message_delete", door.channel)
    foreign.transport["callback"] = "https://other.example/hooks/twitch"
    async with door.listening():
        await door.fake.subscribed(MESSAGE, door.channel)
    assert message not in door.fake.bus.subscriptions
    assert foreign in door.fake.bus.subscriptions
    assert len(door.fake.bus.subscriptions) == 4


async def test_a_revocation_by_webhook_is_told(door: Stage) -> None:
    async with door.listening():
        await door.fake.ban(door.channel, door.bot)
        await door.until(lambda: "chat_user_banned" in door.adapter.status.note)


async def test_events_that_come_before_it_listens_are_handled_after(door: Stage) -> None:
    async with door.listening():
        pass
    await door.fake.chat(door.fan, door.channel, f"!clip {LINK}")
    await door.fake.settled()
    assert await door.jobs() == 0
    async with door.running():
        await door.fake.heard(door.channel, within_s=10)
    assert await door.jobs() == 1


@pytest.mark.parametrize(("age_s", "status"), [(0, 204), (590, 204), (-590, 204), (610, 403), (-610, 403)])
def test_only_what_was_signed_just_now_is_taken(age_s: float, status: int) -> None:
    async def nobody(kind: str, body: object) -> None: ...

    clock = ManualClock(datetime(2026, 5, 1, 20, 0, tzinfo=UTC))
    at = (clock.now() - timedelta(seconds=age_s)).isoformat()
    proof = "sha256=" + hmac.new(b"a secret", f"1{at}{{}}".encode(), hashlib.sha256).hexdigest()
    said = {"id": "1", "timestamp": at, "signature": proof, "type": "notification"}
    headers = {f"twitch-eventsub-message-{name}": value for name, value in said.items()}
    assert TwitchHook("a secret", nobody, clock).open(Knock("POST", headers, {}, b"{}")).status == status


def test_bytes_that_are_no_text_are_refused() -> None:
    async def nobody(kind: str, body: object) -> None: ...

    hook = TwitchHook("a secret of the webhook", nobody, SystemClock())
    headers = {"twitch-eventsub-message-id": "é", "twitch-eventsub-message-signature": "ü"}
    assert hook.open(Knock("POST", headers, {}, b"\xff")).status == 403
    assert hook.open(Knock("GET", {}, {}, b"")).status == 403


ODD: tuple[object, ...] = (
    {},
    [],
    {"message": 5},
    {"message": {"text": 5}, "message_id": []},
    {"broadcaster_user_id": {}},
)


async def test_a_genuine_message_of_another_shape_is_no_failure_of_ours(door: Stage) -> None:
    async with door.listening():
        for number, event in enumerate(ODD):
            body = json.dumps({"subscription": {"type": MESSAGE, "condition": {}}, "event": event}).encode()
            at, name = door.fake.stamp(), str(number)
            signed = {"id": name, "timestamp": at, "signature": signature(SECRET, name, at, body)}
            said = {**signed, "type": "notification"}
            headers = {f"twitch-eventsub-message-{key}": value for key, value in said.items()}
            assert hook_of(door).open(Knock("POST", headers, {}, body)).delivery is not None, event
    assert await counted(door) == 0
