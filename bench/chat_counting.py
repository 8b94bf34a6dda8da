"""What counting 5,000 chat messages a second costs, and what the client library spends before that."""

import asyncio
import json
import time
from collections.abc import Callable
from itertools import cycle, islice
from typing import Any
from uuid import uuid4

from bench.context import Bench, BenchContext
from bench.rows import Row
from bot.adapters.twitch.counting import ChatCounter
from bot.adapters.twitch.library import model_of
from bot.adapters.twitch.listener import Ears
from clipnet.clock import SystemClock
from db.chat_counts import Count

A_SECOND = 5_000
CHANNELS = 50
PEOPLE = 4_000
WORDS = "what a save, that was close Kappa"


async def chat_counting(ctx: BenchContext) -> list[Row]:
    """CPU seconds per second of a chat with 5,000 messages, in the process that listens."""
    seconds = 2 if ctx.quick else 12
    frames = [_frame(number) for number in range(A_SECOND)]
    decoding = _share(lambda: [json.loads(frame) for frame in frames], seconds)
    events = [json.loads(frame) for frame in frames]
    modelling = _share(lambda: [_model(event) for event in events], seconds)
    heard = [_model(event) for event in events]
    rows: list[int] = []

    async def write(counts: Any) -> None:
        rows.append(len(json.dumps([_shown(count) for count in counts])))

    counter = ChatCounter("twitch", write, SystemClock())
    ears = Ears("bot", counter)
    counting, people = [], cycle(range(PEOPLE))
    for _ in range(seconds):
        now = SystemClock().now()
        for message, person in zip(heard, islice(people, A_SECOND), strict=True):
            message.id, message.chatter.id = str(uuid4()), str(1_000_000 + person)
        began = time.process_time()
        for message in heard:
            ears.concerns(message, now)
        await counter.flush()
        counting.append(time.process_time() - began)
        await asyncio.sleep(0)
    ctx.note(
        f"{seconds} seconds of {A_SECOND} messages in {CHANNELS} channels by {PEOPLE} people; CPU time of the process; "
        "without the statement that writes, once a second, one row a channel"
    )
    return [
        Row(
            "chat-counting",
            "counting, from the decoded event on",
            _percent(sorted(counting)[len(counting) // 2]),
            "% of a core",
            goal="< 25",
        ),
        Row("chat-counting", "the library decodes the JSON of each message", _percent(decoding), "% of a core"),
        Row("chat-counting", "the library makes its model of each message", _percent(modelling), "% of a core"),
    ]


def _share(work: Callable[[], Any], times: int) -> float:
    """CPU seconds of one go, the median."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return sorted(taken)[len(taken) // 2]


def _percent(seconds: float) -> float:
    return round(100 * seconds, 2)


def _shown(count: Count) -> list[Any]:
    return [count.platform, count.channel_id, count.at_s, count.messages, count.chatters, count.emotes]


def _model(event: dict[str, Any]) -> Any:
    return model_of("channel.chat.message", event["payload"], {}, None)


def _frame(number: int) -> str:
    """A notification as Twitch sends it."""
    channel, person = str(100 + number % CHANNELS), str(1_000_000 + number % PEOPLE)
    parts = [
        ("text", WORDS.removesuffix("Kappa"), None),
        ("emote", "Kappa", {"id": "25", "emote_set_id": "0", "owner_id": "0", "format": ["static"]}),
    ]
    event = {
        "broadcaster_user_id": channel,
        "broadcaster_user_login": f"channel{channel}",
        "broadcaster_user_name": f"Channel{channel}",
        "source_broadcaster_user_id": None,
        "source_broadcaster_user_login": None,
        "source_broadcaster_user_name": None,
        "chatter_user_id": person,
        "chatter_user_login": f"fan{person}",
        "chatter_user_name": f"Fan{person}",
        "message_id": str(uuid4()),
        "source_message_id": None,
        "is_source_only": None,
        "message": {
            "text": WORDS,
            "fragments": [
                {"type": kind, "text": text, "cheermote": None, "emote": emote, "mention": None}
                for kind, text, emote in parts
            ],
        },
        "color": "#1E90FF",
        "badges": [{"set_id": "subscriber", "id": "12", "info": "14"}],
        "source_badges": None,
        "message_type": "text",
        "cheer": None,
        "reply": None,
        "channel_points_custom_reward_id": None,
        "channel_points_animation_id": None,
    }
    metadata = {
        "message_id": str(uuid4()),
        "message_type": "notification",
        "message_timestamp": SystemClock().now().isoformat(),
        "subscription_type": "channel.chat.message",
        "subscription_version": "1",
    }
    subscription = {"id": str(uuid4()), "type": "channel.chat.message", "version": "1", "status": "enabled", "cost": 0}
    return json.dumps({"metadata": metadata, "payload": {"subscription": subscription, "event": event}})


BENCHES: dict[str, Bench] = {"chat-counting": chat_counting}
