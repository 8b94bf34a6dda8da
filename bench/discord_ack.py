"""Acknowledging on Discord while the worker encodes and 500 events a second knock, all in processes of their own."""

import asyncio
import os
import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.context import Bench, BenchContext
from bench.rows import Row
from clipnet.cli.surroundings import surroundings
from tests.e2e.platforms import SECRET, Town, town
from tests.e2e.samples import Samples
from tests.e2e.site import Site, serving
from tests.fakes.discord import InteractionHandle
from tests.fakes.twitch.burst import Delivery

LINK = "https://example.org/talk.mp4"
PER_S = 10
EVENTS_PER_S = 500
SLICE_S = 0.1
CALLERS = 4
PEOPLE = 60
COMMANDS = 50
"""One of so many events asks for a clip; the others are talk, which is counted."""
DUPLICATES, FORGED = 0.2, 0.01
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pressed:
    """What came of a time under load.

    Attributes:
        latencies: seconds to each acknowledgement, as Discord measured them, in order of size.
        unanswered: interactions without one.
        statuses: what the knocks were answered.
        per_s: how many knocks were answered in a second.
        expected, jobs: pieces of work that should be and are there.
        grown: bytes that the api has more than before.
    """

    latencies: list[float]
    unanswered: int
    statuses: Counter[int]
    per_s: float
    expected: int
    jobs: int
    grown: int

    def quantile(self, share: float) -> float:
        """The latency that this share of all doesn't exceed."""
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


async def pressed(town: Town, seconds: float, *, dice: random.Random, load: bool = True) -> Pressed:
    """Interactions at their pace, and with `load` the knocks beside them; then wait until all was handled."""
    before = await town.jobs()
    planned = _planned(town, round(seconds * EVENTS_PER_S), dice) if load else []
    memory = town.api.memory_bytes
    handles, (statuses, took_s) = await asyncio.gather(_interact(town, seconds), _knock(town, planned))
    answered = [handle for handle in handles if handle.real_latency_s is not None]
    asked = sum(1 for one in planned if one.good and not one.again and b'"!clip' in one.body)
    expected = before + len(answered) + asked
    peak = town.api.memory_bytes
    await _settled(town, expected)
    return Pressed(
        sorted(handle.real_latency_s for handle in answered if handle.real_latency_s is not None),
        len(handles) - len(answered),
        statuses,
        len(planned) / took_s if planned else 0.0,
        expected,
        await town.jobs(),
        max(peak, town.api.memory_bytes) - memory,
    )


async def _interact(town: Town, seconds: float) -> list[InteractionHandle]:
    people = [town.guild.add_member(f"Person {number}") for number in range(PEOPLE)]
    loop = asyncio.get_running_loop()
    began = loop.time()
    handles = []
    for number in range(round(seconds * PER_S)):
        await asyncio.sleep(began + number / PER_S - loop.time())
        who = people[number % PEOPLE]
        handles.append(await town.discord.slash(who, town.talk, "clip", {"source": f"{LINK}?d={number}"}))
    for handle in handles:
        try:
            await handle.acknowledged(10.0)
        except TimeoutError:
            continue
    return handles


def _planned(town: Town, events: int, dice: random.Random) -> list[Delivery]:
    """Talk with commands strewn in, some of it twice and some of it forged."""
    fans = [town.twitch.add_user(f"Fan{number}") for number in range(PEOPLE)]
    parts = {"wow, what a goal": events - events // COMMANDS, f"!clip {LINK}": events // COMMANDS}
    found: list[Delivery] = []
    for text, count in parts.items():
        seed = dice.randrange(1 << 30)
        found += town.twitch.deliveries(
            town.stream, fans, count=count, text=text, duplicates=DUPLICATES, bad=FORGED, seed=seed
        )
    dice.shuffle(found)
    return found


async def _knock(town: Town, planned: Sequence[Delivery]) -> tuple[Counter[int], float]:
    """What they were answered, and the seconds that it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    size = round(EVENTS_PER_S * SLICE_S)
    statuses: Counter[int] = Counter()
    for number, start in enumerate(range(0, len(planned), size)):
        await asyncio.sleep(began + number * SLICE_S - loop.time())
        some = planned[start : start + size]
        url = f"{town.address}/hooks/twitch"
        statuses.update(await town.twitch.burst(url, SECRET, some, concurrency=CALLERS))
    return statuses, loop.time() - began


async def _settled(town: Town, expected: int) -> None:
    """Wait until everything that was taken was handled; one that never is shows in the figures."""
    waiting = "select count(*) = 0 from deliveries where done_at is null and given_up_at is null"
    await town.holds(waiting, within_s=120)
    try:
        await town.holds("select count(*) >= $1 from jobs where kind = 'clip:process'", expected, within_s=20)
    except AssertionError:
        return


async def encoding(town: Town, site: Site, samples: Samples, *, length_s: float = 60.0) -> None:
    """Start the worker with a longer render before everything else, and wait until that has begun."""
    path = await asyncio.to_thread(samples.video, "under-load.mp4", size="1280x720", rate=30, length_s=length_s)
    site.pages["/under-load.mp4"] = (200, {"Content-Type": "video/mp4"}, path.read_bytes())
    await town.conn.execute("update jobs set run_at = now() + interval '1 day' where state = 'ready'")
    await town.ask("clip", source=site.url("/under-load.mp4"), count=3, length=min(20.0, length_s))
    town.worker.start()
    await town.holds("select exists (select from jobs where kind = 'ffmpeg:polish' and state = 'running')", within_s=60)


async def discord_ack(ctx: BenchContext) -> list[Row]:
    """Latency of acknowledgements, without load and with it; what was lost; how much memory it cost."""
    seconds = 5.0 if ctx.quick else 30.0
    dice = random.Random(11)
    async with _town(ctx.scratch) as (here, site):
        await here.open("discord", "twitch")
        here.discord.limits.off()
        await pressed(here, 2.0, dice=dice)
        idle = await pressed(here, seconds, dice=dice, load=False)
        await encoding(here, site, Samples(ctx.scratch))
        busy = await pressed(here, seconds, dice=dice)
        encodes = await here.value("select exists (select from jobs where kind = 'ffmpeg:polish' and state <> 'done')")
    ctx.note(
        f"{PER_S} slash commands/s and {busy.per_s:.0f} signed events/s for {seconds:g} s;"
        f" statuses {dict(busy.statuses)};"
        f" {busy.unanswered} unanswered; the worker encodes {'to the end' if encodes else 'for a part of the time'}"
    )
    return [
        Row("discord-ack", "acknowledged under load, p99", busy.quantile(0.99), "s", goal="< 1"),
        Row(
            "discord-ack", "acknowledged under load, p50; against no load", busy.quantile(0.5), "s", idle.quantile(0.5)
        ),
        Row("discord-ack", "the same, p99", busy.quantile(0.99), "s", idle.quantile(0.99)),
        Row("discord-ack", "jobs; against distinct genuine requests", busy.jobs, "jobs", busy.expected, ">= 1"),
        Row("discord-ack", "memory that the api grows by", busy.grown / MB, "MB", goal="< 50"),
    ]


@asynccontextmanager
async def _town(scratch: Path) -> AsyncIterator[tuple[Town, Site]]:
    environ = {"ENV": "test", "PATH": os.environ.get("PATH", ""), "CLIPNET_STATE_DIR": str(scratch / "state")}
    with ExitStack() as stack:
        site = stack.enter_context(serving())
        found = await asyncio.to_thread(stack.enter_context, surroundings(environ))
        urls = {role: values["DATABASE_URL"] for role, values in (("api", found.api), ("worker", found.worker))}
        given = {**found.api, "NET_ALLOW": site.address, "API_WRITE_TOKEN": secrets.token_urlsafe(32)}
        given |= {"TWITCH_TRANSPORT": "webhook", "ADAPTERS": "discord,twitch", "LOG_LEVEL": "WARNING"}
        async with town(given, {**urls, "owner": urls["api"]}, scratch) as here:
            yield here, site


BENCHES: dict[str, Bench] = {"discord-ack": discord_ack}
