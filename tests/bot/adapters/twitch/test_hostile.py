"""Genuinely signed nonsense: taken or refused in words of ours, no job, and the adapter goes on."""

import hashlib
import hmac
import json
import random
from typing import Any
from uuid import uuid4

from bot.hooks import Knock
from clipnet.clock import SystemClock
from clipnet.errors import BadInput
from tests.bot.adapters.twitch.stage import SECRET, Stage, hook_of
from tests.bot.hostile import listened, spoilt


def knock(event_id: str, body: bytes) -> Knock:
    """As Twitch would send it."""
    at = SystemClock().now().isoformat()
    proof = "sha256=" + hmac.new(SECRET.encode(), f"{event_id}{at}".encode() + body, hashlib.sha256).hexdigest()
    said = {"id": event_id, "timestamp": at, "signature": proof, "type": "notification"}
    return Knock("POST", {f"twitch-eventsub-message-{name}": value for name, value in said.items()}, {}, body)


async def bodies(door: Stage) -> list[dict[str, Any]]:
    """A genuine event of each kind, none of which asks for work that can be done."""
    talk = await door.fake.chat(door.fan, door.channel, "hello", badges=["subscriber"], emotes={"Kappa": "25"})
    await door.fake.chat(door.fan, door.channel, "!show nowhere", reply_to=talk)
    await door.fake.heard(door.channel)
    await door.fake.delete_message(talk)
    await door.fake.ban(door.channel, door.fake.add_user("Troll"))
    return [{"subscription": one.subscription.shown(), "event": one.event} for one in door.fake.bus.sent]


async def test_a_genuine_event_that_is_not_what_it_should_be_is_no_work_and_no_error_of_ours(door: Stage) -> None:
    hook, dice, undeclared, logged = hook_of(door), random.Random(4), [], list[str]()
    async with door.listening(), listened(logged):
        for body in await bodies(door):
            for name, event in spoilt(body, dice, most=50):
                try:
                    answer = hook.open(knock(str(uuid4()), json.dumps(event).encode()))
                    if answer.delivery is not None:
                        await hook.handle(answer.delivery)
                except BadInput:
                    continue
                except Exception as error:
                    undeclared.append(f"{body['subscription']['type']} {name}: {error!r}")
        assert undeclared == []
        assert await door.jobs() == 0
        assert not any(SECRET in line for line in logged)
        assert all("not a message ID" in refused for refused in door.fake.forgive())
        await door.fake.chat(door.fake.add_user("Late"), door.channel, "!clip https://example.org/talk.mp4")
        await door.until(lambda: door.ledger.value("select count(*) = 1 from jobs where kind = 'clip:process'"))
