"""Genuinely signed nonsense: taken or refused in words of ours, no job, and the adapter goes on."""

import hashlib
import hmac
import json
import random

import pytest

from bot.hooks import Knock
from clipnet.clock import SystemClock
from clipnet.errors import ClipNetError
from tests.bot.adapters.twitch.stage import SECRET, Stage, hook_of
from tests.bot.hostile import spoilt


def knock(event_id: str, body: bytes) -> Knock:
    """As Twitch would send it."""
    at = SystemClock().now().isoformat()
    proof = "sha256=" + hmac.new(SECRET.encode(), f"{event_id}{at}".encode() + body, hashlib.sha256).hexdigest()
    said = {"id": event_id, "timestamp": at, "signature": proof, "type": "notification"}
    return Knock("POST", {f"twitch-eventsub-message-{name}": value for name, value in said.items()}, {}, body)


async def test_x(door: Stage):
    hook = hook_of(door)
    import time, collections
    t=time.monotonic()
    bad=collections.Counter(); n=0
    async with door.listening():
        first = await door.fake.chat(door.fan, door.channel, "hello there", badges=["subscriber"], emotes={"Kappa": "25"})
        second = await door.fake.chat(door.fan, door.channel, "!clip nowhere", reply_to=first)
        await door.fake.heard(door.channel)
        await door.fake.delete_message(first)
        bodies = {}
        for notice in door.fake.bus.sent:
            bodies[notice.subscription.kind, notice.event.get("message_id")] = {"subscription": notice.subscription.shown(), "event": notice.event}
        print(list(bodies), json.dumps(list(bodies.values())[1])[:1500])
        for body in bodies.values():
            for name, event in spoilt(body, random.Random(4)):
                n+=1
                answer = hook.open(knock(str(n), json.dumps(event).encode()))
                if answer.delivery is None:
                    bad["door", answer.status]+=1
                    continue
                try:
                    await hook.handle(answer.delivery)
                except ClipNetError as e:
                    bad["declared", type(e).__name__]+=1
                except Exception as e:
                    bad[type(e).__name__]+=1
                    if bad[type(e).__name__]<12: print(name, repr(e)[:100])
    print(n, time.monotonic()-t, bad, await door.jobs(), door.said())
