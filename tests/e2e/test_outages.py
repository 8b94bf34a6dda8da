"""Each platform in turn goes away while a clip for somebody there is being made: nothing is lost, nor told twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession

from clipnet.ending import end
from tests.e2e.platforms import CLIPPED_S, PLATFORMS, UP_S, Town
from tests.e2e.site import Site
from tests.e2e.test_apart import BACK_S, break_off, fake_of, works
from tests.fakes.faults import Fault, Faults

RANGE = "0:01-0:06"
WISHES = f"{RANGE} --aspect 1:1 --no-captions"
EARS = {"discord": "GET /gateway/", "twitch": "GET /ws", "x": "GET /2/users/{id}/mentions"}
"""By platform, where it is asked what is said there."""
REFUSED = """
select exists (
  select from job_events e join jobs j on j.id = e.job_id join requests r on r.id = j.request_id
  where j.kind = 'clipbot:notify' and r.place ->> 'platform' = $1 and (e.from_state, e.to_state) = ('running', 'ready'))
"""
"""Whether the end of a request was to be told on a platform in vain, and is told later."""
SETTLED = """
select not exists (
  select from jobs where state = 'running' or (state = 'ready' and run_at < now() + interval '1 hour'))
"""
"""Whether nothing is being done any more, and nothing waits but for the ends of votes."""


@asynccontextmanager
async def healthy(town: Town) -> AsyncIterator[None]:
    """The api answers and takes requests, all the time of this block."""
    said: list[int] = []

    async def look() -> None:
        async with ClientSession(town.address) as client:
            while True:
                for path in ("/health/live", "/health/ready"):
                    async with client.get(path) as response:
                        said.append(response.status)
                await asyncio.sleep(0.1)

    looking = asyncio.create_task(look())
    try:
        yield
        before = len(said)
        await town.until(lambda: len(said) > before + 2 or looking.done())
        assert not looking.done()
        assert set(said) == {200}
    finally:
        await end([looking])


async def ask(town: Town, platform: str, link: str) -> None:
    """Somebody asks for a clip there, and is heard."""
    match platform:
        case "discord":
            wishes = {"source": link, "range": RANGE, "aspect": "1:1", "no-captions": True}
            await (await town.discord.slash(town.ann, town.talk, "clip", wishes)).says("On it", UP_S)
        case "twitch":
            await town.twitch.chat(town.fan, town.stream, f"!clip {link} {WISHES}")
            await town.twitch.heard(town.stream, 1, UP_S)
        case "x":
            town.x.post(town.x_ann, f"@clipnet clip {link} {WISHES}")
            await town.holds("select exists (select from requests where place ->> 'platform' = 'x')", within_s=UP_S)


def shut(town: Town, platform: str) -> None:
    """Nothing but pages with 503 comes from there any more, and what is connected is cut."""
    fake_of(town, platform).faults.plan("*", Fault.HTML_503, times=100_000)
    break_off(town, platform)


async def felt(town: Town, platform: str) -> None:
    """Wait until both processes have met the outage: who listens, and who has the last word to say."""
    fake = fake_of(town, platform)
    await town.until(lambda: any(call.status == 503 for call in fake.calls(EARS[platform])), BACK_S)
    await town.holds(REFUSED, platform, within_s=CLIPPED_S)


async def heard_again(town: Town, platform: str) -> None:
    """Wait until what is said there is heard."""
    match platform:
        case "discord":
            await town.discord.gateway.ready(BACK_S)
        case "twitch":
            await town.twitch.subscribed("channel.chat.clear_user_messages", town.stream, BACK_S)
        case "x":
            await town.until(lambda: town.x.calls(EARS["x"])[-1].status == 200, BACK_S)


async def assert_told_once(town: Town) -> None:
    """Three clips were made, each is the answer to who asked for it, and each is announced."""
    assert await town.jobs() == await town.value("select count(*) from clips") == 3
    (answer,) = town.discord.ledger.in_channel(town.talk)
    assert "is done: 1 clip" in answer.text
    assert len(answer.attachments) == 1
    on_it, end = town.twitch.said(town.stream)
    assert on_it.reply_to is end.reply_to is not None
    assert "is done: 1 clip" in end.text
    posts = [post for post in town.x.posts if post.author is town.x_bot]
    assert [len(town.x.replies_to(post)) for post in town.x.posts if post.author is not town.x_bot] == [1, 1]
    assert [len(post.media) for post in posts] == [1, 1]
    announced = town.discord.ledger.in_channel(town.clips)
    assert [len(message.attachments) for message in announced] == [1, 1, 1]
    assert await town.value("select count(distinct clip_id) from copies where kind = 'announcement'") == 3


async def test_what_was_asked_is_told_once_when_the_outage_ends(town: Town, talk: Path, site: Site) -> None:
    await town.open(*PLATFORMS, worker=True)

    video = await asyncio.to_thread(talk.read_bytes)
    async with healthy(town), asyncio.TaskGroup() as returning:
        for platform in PLATFORMS:
            path = f"/{platform}.mp4"
            site.pages[path] = (200, {"Content-Type": "video/mp4"}, video)
            held = site.hold(path)
            await ask(town, platform, site.url(path))
            shut(town, platform)
            held.set()
            await felt(town, platform)
            if platform == "x":
                late = town.x.post(town.x.add_user("late"), f"@clipnet clip {site.url(path)} {WISHES}")
            fake_of(town, platform).faults = Faults()
            returning.create_task(heard_again(town, platform))
        await town.until(lambda: town.x.replies_to(late), CLIPPED_S)
        await town.holds("select count(*) = 3 from copies where kind = 'announcement'", within_s=CLIPPED_S)
        await town.holds(SETTLED, within_s=CLIPPED_S)

    await assert_told_once(town)
    await asyncio.gather(*(works(town, platform) for platform in PLATFORMS))
