"""Counting chats: by the platform's time, within bounds, written without counting twice."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.adapters.twitch.counting import ChatCounter
from bot.context import Services
from clipnet.clock import ManualClock
from db import chat_counts
from db.chat_counts import CHAT_BUCKET_S, Count
from db.pool import open_pool
from db.retention import Retention, prune
from tests.bot.adapters.twitch.stage import Stage
from tests.conftest import Database

START = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
AT_S = START.timestamp()


class Page:
    """What was written, and whether it can be."""

    def __init__(self) -> None:
        self.counts: list[Count] = []
        self.away = False

    async def write(self, counts: Sequence[Count]) -> None:
        """Take it."""
        if self.away:
            raise OSError("away")
        self.counts += counts


def counted(page: Page) -> tuple[ChatCounter, ManualClock]:
    clock = ManualClock(START)
    return ChatCounter("twitch", page.write, clock), clock


async def test_a_late_message_is_counted_where_it_belongs() -> None:
    page = Page()
    counter, clock = counted(page)
    counter.count("1", AT_S, "ann", 0)
    clock.advance(20)
    counter.count("1", AT_S + 20, "ann", 1)
    counter.count("1", AT_S + 4, "bob", 2)
    await counter.flush()
    shown = {count.at_s - AT_S: (count.messages, count.chatters, count.emotes) for count in page.counts}
    assert shown == {0.0: (2, 2, 2), 20.0: (1, 1, 1)}


async def test_only_what_changed_is_written_again_and_whole() -> None:
    page = Page()
    counter, _ = counted(page)
    counter.count("1", AT_S, "ann", 0)
    assert await counter.flush() == 1
    assert await counter.flush() == 0
    counter.count("1", AT_S, "bob", 0)
    await counter.flush()
    assert [count.messages for count in page.counts] == [1, 2]


async def test_what_can_not_be_written_is_written_later() -> None:
    page = Page()
    counter, _ = counted(page)
    counter.count("1", AT_S, "ann", 0)
    page.away = True
    with pytest.raises(OSError, match="away"):
        await counter.flush()
    page.away = False
    assert await counter.flush() == 1
    assert [count.messages for count in page.counts] == [1]


async def test_times_that_can_not_be_are_not_counted_and_old_buckets_go() -> None:
    page = Page()
    counter, clock = counted(page)
    counter.count("1", AT_S - 600, "ann", 0)
    counter.count("1", AT_S + 600, "ann", 0)
    counter.count("1", AT_S, "ann", 0)
    await counter.flush()
    assert len(page.counts) == 1
    clock.advance(600)
    await counter.flush()
    assert counter._buckets == {}


@pytest.mark.parametrize("people", [1, 48, 49, 500, 5_000, 20_000])
async def test_people_are_counted_once_and_nearly_exactly(people: int) -> None:
    page = Page()
    counter, _ = counted(page)
    for number in range(2 * people):
        counter.count("1", AT_S + 1, str(number % people), 0)
    await counter.flush()
    assert page.counts[0].messages == 2 * people
    assert page.counts[0].chatters == pytest.approx(people, rel=0.06 if people > 48 else 0.0)


async def test_what_two_counted_of_one_chat_adds_up(stage: Stage) -> None:
    pool = stage.services.queue.pool
    counters = [
        ChatCounter("twitch", partial(chat_counts.put, pool, share=share), ManualClock(START)) for share in ("a", "b")
    ]
    for number in range(60):
        counters[number % 3 == 0].count("1", AT_S + number % CHAT_BUCKET_S, f"fan {number}", number % 2)
        if number % 25 == 0:
            for counter in counters:
                await counter.flush()
    for counter in counters:
        await counter.flush()
    window = partial(chat_counts.window, pool, "twitch", "1", START, START + timedelta(seconds=1))
    assert await window() == [Count("twitch", "1", AT_S, 60, 60, 30)]
    for share, messages in (("a", 40), ("b", 20), ("b", 20)):
        await chat_counts.put(pool, [Count("twitch", "1", AT_S, messages, messages, 10)], share=share)
    await chat_counts.put(pool, [Count("twitch", "1", AT_S, 59, 59, 30)])
    assert await window() == [Count("twitch", "1", AT_S, 60, 60, 30)]


async def test_counts_told_twice_or_by_two_who_heard_it_all_are_kept_once(stage: Stage) -> None:
    pool = stage.services.queue.pool
    early, late = START, START + timedelta(seconds=CHAT_BUCKET_S)
    await chat_counts.put(pool, [Count("twitch", "1", early.timestamp(), 5, 3, 1)])
    await chat_counts.put(
        pool, [Count("twitch", "1", early.timestamp(), 4, 4, 0), Count("twitch", "1", late.timestamp(), 1, 1, 0)]
    )
    assert await chat_counts.window(pool, "twitch", "1", early, late) == [
        Count("twitch", "1", early.timestamp(), 5, 4, 1)
    ]
    inside = await chat_counts.window(pool, "twitch", "1", early + timedelta(seconds=4), late + timedelta(seconds=1))
    assert [count.messages for count in inside] == [5, 1]


async def test_counts_are_thrown_away_in_time(services: Services, stage: Stage, database: Database) -> None:
    old, fresh = datetime.now(UTC) - timedelta(days=40), datetime.now(UTC)
    pool = services.queue.pool
    await chat_counts.put(pool, [Count("twitch", "1", at.timestamp(), 1, 1, 0) for at in (old, fresh)])
    await stage.ledger.conn.execute(
        """
        with stream as (insert into streams (platform, channel_id, remote_id, url) values ('twitch', '1', 'r', 'u')
                        returning id)
        insert into kept_spans (stream_id, from_at, to_at, until)
        select id, now() - interval '1 h', now(), now() + n * interval '1 h' from stream, (values (-1), (1)) as v (n)
        """
    )
    worker = await open_pool(database.url("worker"), env="test", max_size=1)
    async with worker.acquire() as conn:
        pruned = await prune(conn, Retention())
    await worker.close()
    assert pruned.chat_counts == 1
    assert pruned.kept_spans == 1
    assert await stage.ledger.value("select count(*) from kept_spans where until > now()") == 1
    assert await stage.ledger.value("select count(*) from chat_counts") == 1
