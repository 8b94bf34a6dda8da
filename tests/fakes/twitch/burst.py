"""Thousands of webhook deliveries at once: built and signed beforehand, sent over a few kept-alive connections.

A client library would cost the sender more than the receiver under test spends, so requests are written as bytes.
"""

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import itemgetter
from urllib.parse import urlsplit
from uuid import uuid4

from tests.fakes.twitch import events
from tests.fakes.twitch.bus import Subscription
from tests.fakes.twitch.core import Core
from tests.fakes.twitch.hooks import ANSWER_S, headers_for
from tests.fakes.twitch.world import Channel, User

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
BROKEN = (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery to come. With `good` False its signature is wrong; `again` marks one that came before."""

    subscription: Subscription
    message_id: str
    at: str
    body: bytes
    good: bool = True
    again: bool = False


def deliveries(
    core: Core,
    subscription: Subscription,
    channel: Channel,
    users: Sequence[User],
    *,
    count: int,
    text: str,
    duplicates: float,
    bad: float,
    seed: int,
) -> list[Delivery]:
    """`count` chat messages as deliveries, of which these shares repeat an earlier one or are wrongly signed.

    A wrongly signed one carries the id of a genuine one and may come before it: who notes ids before verifying
    loses that message. The number of distinct genuine ones is `count` less the two shares.
    """
    rng = random.Random(seed)
    shown = subscription.shown()
    repeats, wrong = int(count * duplicates), int(count * bad)
    genuine = []
    for number in range(count - repeats - wrong):
        said = core.world.say(channel, users[number % len(users)], text, reply_to=None, source=None, bot=False)
        event = events.chat_message(said, events.fragments(text, {}))
        body = json.dumps({"subscription": shown, "event": event}).encode()
        genuine.append(Delivery(subscription, str(uuid4()), core.stamp(), body))
    placed: list[tuple[float, Delivery]] = list(enumerate(genuine))
    last = len(genuine)
    for _ in range(wrong):
        placed.append((rng.uniform(-1, last), replace(rng.choice(genuine), good=False)))
    for number in rng.choices(range(last), k=repeats):
        placed.append((rng.uniform(number, last), replace(genuine[number], again=True)))
    return [delivery for _, delivery in sorted(placed, key=itemgetter(0))]


async def burst(callback_url: str, secret: str, planned: Sequence[Delivery], *, concurrency: int = 32) -> list[int]:
    """Sign and send all of them, in order of start; the status of each, 0 where no answer came."""
    url = urlsplit(callback_url)
    host, port = url.hostname or "127.0.0.1", url.port or 80
    path = url.path or "/"
    written = [_request(f"{host}:{port}", path, secret, delivery) for delivery in planned]
    statuses = [0] * len(written)
    queue = iter(enumerate(written))
    await asyncio.gather(*(_worker(host, port, queue, statuses) for _ in range(min(concurrency, len(written)))))
    return statuses


def _request(host: str, path: str, secret: str, delivery: Delivery) -> bytes:
    body, subscription = delivery.body, delivery.subscription
    headers = headers_for(
        subscription, secret, "notification", delivery.message_id, delivery.at, body, int(delivery.again)
    )
    if not delivery.good:
        headers["Twitch-Eventsub-Message-Signature"] = "sha256=" + "0" * 64
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _worker(host: str, port: int, queue: Iterator[tuple[int, bytes]], statuses: list[int]) -> None:
    connection: Connection | None = None
    for index, request in queue:
        for _ in range(2):
            stays = False
            try:
                async with asyncio.timeout(ANSWER_S):
                    connection = connection or await asyncio.open_connection(host, port)
                    statuses[index], stays = await _exchange(connection, request)
                break
            except BROKEN:
                continue
            finally:
                if not stays:
                    _shut(connection)
                    connection = None
    _shut(connection)


async def _exchange(connection: Connection, request: bytes) -> tuple[int, bool]:
    reader, writer = connection
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
    fields = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
    status = int(head[0].split(" ")[1])
    await reader.readexactly(int(fields.get("content-length", "0")))
    return status, fields.get("connection") != "close"


def _shut(connection: Connection | None) -> None:
    if connection is not None:
        with suppress(OSError):
            connection[1].close()
