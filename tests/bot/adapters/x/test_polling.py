"""Mentions come in oldest first, none is lost and none is done twice, whatever breaks in between."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from bot.adapters.x import mentions, polling
from bot.adapters.x.polling import Poller, cursor_of, pause_s
from clipnet.clock import ManualClock
from clipnet.ending import end
from clipnet.errors import Unavailable
from db import cursors
from db.pool import DATABASE_ERRORS
from tests.bot.adapters.x.conftest import Scene
from tests.fakes.faults import Fault
from tests.fakes.server import PATIENCE_S

MENTIONS = "GET /2/users/{id}/mentions"


async def _cursor(scene: Scene) -> int:
    return int(await cursors.get(scene.services.queue.pool, cursor_of(scene.listener.connected())) or 0)


async def test_a_mention_under_a_video_becomes_one_job(scene: Scene) -> None:
    mention = scene.ask("clip")

    assert await scene.poller.poll() == 1
    assert await scene.poller.poll() == 0

    assert await scene.jobs() == 1
    (origin,) = await scene.origins()
    assert origin.startswith(f"{scene.fake.url}/video/")
    assert "/720x1280/" in origin
    assert await _cursor(scene) == int(mention.id)
    assert scene.fake.replies_to(mention) == []


async def test_pages_are_followed_and_told_oldest_first(scene: Scene) -> None:
    posts = [scene.ask(f"clip https://example.org/{n}.mp4", video=False) for n in range(205)]

    assert await scene.poller.poll() == 205

    assert len(scene.fake.calls(MENTIONS)) == 1 + 3
    assert (await scene.origins())[:15] == [f"https://example.org/{n}.mp4" for n in range(15)]
    assert await _cursor(scene) == int(posts[-1].id)


async def test_a_poll_that_breaks_on_its_second_page_is_repeated(scene: Scene) -> None:
    for n in range(101):
        scene.ask(f"help {n}", video=False)
    before = await _cursor(scene)
    first = scene.ask("clip")
    scene.fake.faults.plan(MENTIONS, Fault.SLOW, after_s=0)
    scene.fake.faults.plan(MENTIONS, Fault.HTML_503)

    broken = asyncio.create_task(scene.poller.poll())
    while len(scene.fake.calls(MENTIONS)) < 2:  # noqa: ASYNC110 - the fake has no event
        await asyncio.sleep(0.01)
    scene.stage.clock.advance(0)
    with pytest.raises(Unavailable):
        await broken
    assert (await scene.jobs(), await _cursor(scene)) == (0, before)

    assert await scene.poller.poll() == 102
    assert (await scene.jobs(), await _cursor(scene)) == (1, int(first.id))


async def test_the_cursor_moves_only_behind_what_is_written_down(scene: Scene) -> None:
    """Ended between the two: the job is there, the cursor is not; the next poll makes no second job."""
    mention = scene.ask("clip")
    before = await _cursor(scene)
    async with scene.ledger.conn.transaction():
        await cursors.hold(scene.ledger.conn, cursor_of(scene.listener.connected()))
        poll = asyncio.create_task(scene.poller.poll())
        async with asyncio.timeout(PATIENCE_S):
            while not await scene.jobs():  # noqa: ASYNC110 - the ledger has no event
                await asyncio.sleep(0.01)
        await end([poll])
    assert await _cursor(scene) == before

    assert await scene.poller.poll() == 1
    assert await scene.jobs() == 1
    assert await _cursor(scene) == int(mention.id)


async def test_what_cannot_be_written_down_leaves_the_cursor(scene: Scene) -> None:
    scene.ask("clip")
    before = await _cursor(scene)
    await scene.services.queue.pool.close()

    with pytest.raises((Unavailable, *DATABASE_ERRORS)):
        await scene.listener.hear(next(mentions.read(await _page(scene), scene.listener.connected().me)))

    assert int(await scene.ledger.value("select value from cursors")) == before
    assert await scene.jobs() == 0


async def _page(scene: Scene) -> dict[str, Any]:
    return await scene.x.mentions(scene.stage.bot.id, since_id="1")


@pytest.mark.req("R-080", "positive")
async def test_a_restart_goes_on_from_the_cursor(scene: Scene) -> None:
    scene.ask("clip")
    await scene.poller.poll()
    second = scene.ask("clip")

    assert await Poller(scene.listener, scene.services.queue.pool).poll() == 1

    assert await scene.jobs() == 2
    assert await _cursor(scene) == int(second.id)


@pytest.mark.req("R-080", "negative")
async def test_two_pollers_at_once_take_nothing_back(scene: Scene) -> None:
    posts = [scene.ask("clip") for _ in range(4)]

    await asyncio.gather(*(Poller(scene.listener, scene.services.queue.pool).poll() for _ in range(3)))

    assert await scene.jobs() == 4
    assert await _cursor(scene) == int(posts[-1].id)
    assert not await cursors.advance(scene.services.queue.pool, cursor_of(scene.listener.connected()), int(posts[0].id))
    assert await _cursor(scene) == int(posts[-1].id)


async def test_the_first_start_answers_nothing_old(scene: Scene) -> None:
    await scene.ledger.conn.execute("delete from cursors")
    scene.ask("clip")
    scene.stage.clock.advance(5)

    assert await scene.poller.poll() == 0
    scene.ask("clip")
    assert await scene.poller.poll() == 1
    assert await scene.jobs() == 1


async def test_what_is_old_after_a_long_pause_is_passed_over(scene: Scene) -> None:
    old = scene.ask("clip")
    scene.stage.clock.advance(7 * 3600)

    await scene.poller.poll()

    assert await scene.jobs() == 0
    assert await _cursor(scene) == int(old.id)


async def test_the_deleted_the_protected_and_the_suspended_are_passed_over(scene: Scene) -> None:
    gone, kept = scene.ask("clip"), scene.ask("clip")
    scene.fake.delete_post(gone)
    cat, dog = scene.fake.add_user("cat"), scene.fake.add_user("dog")
    scene.fake.mention(cat, scene.stage.bot, "clip https://example.org/a.mp4")
    scene.fake.mention(dog, scene.stage.bot, "clip https://example.org/b.mp4")
    cat.protected = True
    scene.fake.suspend(dog)

    await scene.poller.poll()

    assert await scene.jobs() == 1
    assert await _cursor(scene) == int(kept.id)


async def test_the_pace_follows_what_is_left(scene: Scene) -> None:
    clock = scene.stage.clock
    assert isinstance(clock, ManualClock)
    assert pause_s(scene.listener.limits, 60.0) == 60.0
    assert 2.9 < pause_s(scene.listener.limits, 1.0) < 3.1
    clock.advance(901)
    assert pause_s(scene.listener.limits, 1.0) == 1.0


def test_ids_hold_their_time() -> None:
    clock = ManualClock(datetime.fromisoformat("2026-11-21T00:00:00+00:00"))
    assert polling.id_at(clock.now()) >> 22 == int(clock.now().timestamp() * 1000) - polling.EPOCH_MS
