"""Each platform in turn goes away, with the last word on a clip still to be said there: it is said once it is back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout

from clipnet.ending import end
from tests.e2e.platforms import CLIPPED_S, PLATFORMS, Town
from tests.e2e.site import Site
from tests.e2e.test_apart import BACK_S, break_off, fake_of, works
from tests.fakes.faults import Fault, Faults

WISHES = "--length 5 --no-captions"
REFUSED = """
select exists (
  select from job_events e join jobs j on j.id = e.job_id join requests r on r.id = j.request_id
  where j.kind = 'clipbot:notify' and r.place ->> 'platform' = $1 and (e.from_state, e.to_state) = ('running', 'ready'))
"""
"""Whether what is to be said on a platform was refused, and is to be tried again."""
ENDED = "select not exists (select from jobs where kind like 'clipbot:%' and state in ('ready', 'running') and due_at < now())"


@asynccontextmanager
async def answering(town: Town) -> AsyncIterator[None]:
    """The api says that it is well, all the time of this block."""
    said: set[tuple[str, int]] = set()
    asked = 0

    async def ask() -> None:
        nonlocal asked
        async with ClientSession(town.address, timeout=ClientTimeout(30)) as client:
            while True:
                for path in ("/health/live", "/health/ready"):
                    async with client.get(path) as response:
                        said.add((path, response.status))
                asked += 1
                await asyncio.sleep(0.1)

    asking = asyncio.create_task(ask())
    try:
        yield
        before = asked
        await town.until(lambda: asked > before or asking.done())
    finally:
        await end([asking])
    assert said == {("/health/live", 200), ("/health/ready", 200)}


async def ask(town: Town, platform: str, link: str) -> None:
    """Somebody asks for a clip there, and it is work by the time this returns."""
    match platform:
        case "discord":
            options = {"source": link, "length": "5", "no-captions": True}
            await (await town.discord.slash(town.ann, town.talk, "clip", options)).says("On it")
        case "twitch":
            await town.twitch.chat(town.fan, town.stream, f"!clip {link} {WISHES}")
            await town.twitch.heard(town.stream)
        case "x":
            town.x.post(town.x_ann, f"@clipnet clip {link} {WISHES}")
    await town.holds("select exists (select from requests where place ->> 'platform' = $1)", platform)


async def goes_away(town: Town, platform: str) -> None:
    """Nothing but pages with 503 comes from there, and what was connected is cut."""
    fake_of(town, platform).faults.plan("*", Fault.HTML_503, times=100_000)
    break_off(town, platform)


async def comes_back(town: Town, platform: str) -> None:
    """All is well there again; wait until what is said there is heard."""
    fake = fake_of(town, platform)
    fake.faults, before = Faults(), len(fake.journal)
    await town.until(lambda: any(call.status in (101, 200) for call in fake.journal[before:]), BACK_S)


async def test_what_was_asked_before_an_outage_is_told_once_when_it_ends(town: Town, talk: Path, site: Site) -> None:
    await town.open(*PLATFORMS, worker=True)

    async with answering(town):
        for platform in PLATFORMS:
            path = f"/{platform}.mp4"
            site.pages[path] = (200, {"Content-Type": "video/mp4"}, talk.read_bytes())
            held = site.hold(path)
            await ask(town, platform, site.url(path))
            await goes_away(town, platform)
            held.set()
            await town.holds(REFUSED, platform, within_s=CLIPPED_S)
            fake_of(town, platform).faults = Faults()
        await town.holds("select count(*) = 3 from copies where kind = 'announcement'", within_s=CLIPPED_S)
        await town.holds("select count(*) = 3 from copies where kind = 'answer'", within_s=CLIPPED_S)
        for platform in PLATFORMS:
            await town.listens(platform)
        await asyncio.gather(*(works(town, platform) for platform in PLATFORMS))
