"""People and workers who do at the same moment what one of them would have done alone."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
import pytest

from bot.context import Services
from bot.router import Router
from bot.withdraw import withdraw
from db import askers, links
from tests.bot.hall import Hall, done
from tests.bot.life import accepted, community, moderator
from tests.bot.rig import LINK, Ledger, Person
from tests.bot.senders.making import arena, open_poll
from tests.conftest import Database

Said = TypeVar("Said")
WAITS = """
select exists (select from pg_locks l join pg_stat_activity a using (pid)
               where not l.granted and l.locktype in ('transactionid', 'tuple') and a.datname = current_database())
"""


@pytest.fixture
async def other(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's connection."""
    conn = await asyncpg.connect(database.superuser_url)
    yield conn
    await conn.close()


async def _waited(ledger: Ledger) -> None:
    """Until somebody waits for a row."""
    while not await ledger.value(WAITS):  # noqa: ASYNC110 - the database is looked at
        await asyncio.sleep(0.01)


@asynccontextmanager
async def meanwhile(
    ledger: Ledger, other: asyncpg.Connection, saying: Coroutine[Any, Any, Said], *, table: str = "requests"
) -> AsyncIterator[asyncio.Task[Said]]:
    """What is written in this block, which holds that table's rows, commits while `saying` waits for it."""
    held = other.transaction()
    await held.start()
    task: asyncio.Task[Said] | None = None
    try:
        await other.execute(f"select from {table} for update")
        task = asyncio.create_task(saying)
        await asyncio.wait_for(_waited(ledger), 60)
        yield task
    finally:
        await held.commit()
        if task:
            await task


async def _joins(other: asyncpg.Connection, person: Person) -> None:
    await other.execute(
        "insert into request_askers (request_id, user_id, place) select id, $1, place from requests",
        await person.user_id(),
    )


@pytest.mark.parametrize("how", ["delete", "takedown", "forget-me", "trim"])
async def test_who_touches_a_clip_waits_for_its_vote_before_they_hold_the_clip(
    router: Router, ledger: Ledger, other: asyncpg.Connection, how: str
) -> None:
    """Otherwise they and who votes would wait for each other, until the database ends one of them."""
    here, ann, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=2)
    who = await moderator(ledger, ann, here) if how == "takedown" else ann
    line = {"forget-me": "!forget-me", "trim": f"!trim {clip} --start +1"}.get(how, f"!{how} {clip}")
    if how != "trim":
        assert (await who.say(line)).pending
        line = "!confirm"
    async with meanwhile(ledger, other, who.say(line), table="polls") as saying:
        await other.execute("select from clips for update nowait")
    assert saying.result().problem is None


async def test_who_joins_while_the_first_asker_cancels_is_not_lost(
    router: Router, ledger: Ledger, other: asyncpg.Connection
) -> None:
    await community(ledger, ("console", "arena"))
    ann, bob = (Person(router, name, place="arena") for name in ("ann", "bob"))
    request = accepted(await ann.say(f"clip {LINK} --at 1:20")).request
    async with meanwhile(ledger, other, ann.say(f"cancel {request}")):
        await _joins(other, bob)
    assert await ledger.value("select state from requests") == "queued"
    assert await ledger.value("select user_id from requests") == await bob.user_id()


async def test_who_joins_while_the_first_asker_is_forgotten_is_not_lost(
    router: Router, ledger: Ledger, other: asyncpg.Connection
) -> None:
    await community(ledger, ("console", "arena"))
    ann, bob = (Person(router, name, place="arena") for name in ("ann", "bob"))
    accepted(await ann.say(f"clip {LINK} --at 1:20"))
    await ann.say("forget-me")
    async with meanwhile(ledger, other, ann.say("confirm")):
        await _joins(other, bob)
    assert await ledger.value("select state from requests") == "queued"
    assert await ledger.value("select user_id from requests") == await bob.user_id()


async def test_what_becomes_ready_while_it_is_released_is_told(hall: Hall, other: asyncpg.Connection) -> None:
    clip = await hall.clip("rendering")
    await done(hall.mod, f"hold {clip}")
    async with meanwhile(hall.ledger, other, hall.mod.say(f"release {clip}")):
        await other.execute("update clips set state = 'ready'")
    told = await hall.ledger.value("select count(*) from jobs where kind = 'clipbot:notify' and clip_id is not null")
    assert told == 1


@pytest.mark.parametrize("words", ["release {clip}", "hold {clip}", 'report {clip} "bad"'])
async def test_what_is_taken_down_meanwhile_is_not_touched(hall: Hall, other: asyncpg.Connection, words: str) -> None:
    clip = await hall.clip()
    if words.startswith("release"):
        await done(hall.mod, f"hold {clip}")
    async with meanwhile(hall.ledger, other, hall.mod.say(words.format(clip=clip))) as saying:
        await other.execute("update clips set state = 'deleted'")
    problem = (await saying).problem
    assert problem
    assert problem.status == 409


async def test_a_deadlock_is_tried_again_and_told_to_nobody(hall: Hall, other: asyncpg.Connection) -> None:
    request = await hall.request()
    async with meanwhile(hall.ledger, other, hall.ann.say(f"cancel {request}", event="pressed")) as saying:
        await other.execute("set local deadlock_timeout = '1min'")
        passing = other.transaction()
        await passing.start()
        await other.execute("insert into inbox (platform, event_id) values ('console', 'pressed')")
        await passing.rollback()
    assert (await saying).problem is None


async def test_whoever_is_erased_while_they_are_being_banned_is_known_no_more(
    hall: Hall, other: asyncpg.Connection
) -> None:
    async with meanwhile(hall.ledger, other, hall.mod.say("ban bob"), table="users") as saying:
        await other.execute("delete from users where id = $1", await hall.bob.user_id())
    problem = saying.result().problem
    assert problem
    assert problem.status == 404


async def test_whoever_is_linked_while_they_are_being_banned_stays_banned(
    hall: Hall, other: asyncpg.Connection
) -> None:
    keep, gone = await hall.ann.user_id(), await hall.bob.user_id()
    async with meanwhile(hall.ledger, other, hall.mod.say("ban bob"), table="users") as saying:
        await links.merge(other, keep, gone)
    assert saying.result().problem is None
    assert await hall.ledger.value("select user_id from bans") == keep


async def test_who_is_erased_while_they_ask_asks_as_somebody_new(hall: Hall, other: asyncpg.Connection) -> None:
    gone = await hall.bob.user_id()
    async with meanwhile(hall.ledger, other, hall.bob.say(f"clip {LINK}"), table="users") as saying:
        await other.execute("delete from users where id = $1", gone)
    accepted(saying.result())
    assert await hall.ledger.value("select user_id from requests") not in (None, gone)


async def test_who_is_linked_while_they_ask_asks_as_who_they_are_then(hall: Hall, other: asyncpg.Connection) -> None:
    """Otherwise the request would be nobody's: neither listed, nor found when they ask to be forgotten."""
    keep, gone = await hall.ann.user_id(), await hall.bob.user_id()
    async with meanwhile(hall.ledger, other, hall.bob.say(f"clip {LINK}"), table="users") as saying:
        await links.merge(other, keep, gone)
    accepted(saying.result())
    assert await hall.ledger.value("select user_id from requests") == keep
    assert await hall.ledger.value("select user_id from request_askers") == keep


async def test_who_is_banned_while_they_ask_is_not_heard(hall: Hall, other: asyncpg.Connection) -> None:
    bob = await hall.bob.user_id()
    async with meanwhile(hall.ledger, other, hall.bob.say(f"clip {LINK}"), table="users") as saying:
        await other.execute("insert into bans (community_id, user_id) values ($1, $2)", hall.id, bob)
    problem = saying.result().problem
    assert problem
    assert problem.status == 403
    assert await hall.ledger.value("select count(*) from requests") == 0


async def test_a_request_is_never_handed_on_to_who_was_linked_meanwhile(hall: Hall, other: asyncpg.Connection) -> None:
    ann, bob = await hall.ann.user_id(), await hall.bob.user_id()
    request = await hall.request(hall.mod)
    await hall.asks_too(request, hall.bob)
    code = (await hall.ann.say("link")).reply.data.code  # type: ignore[union-attr]
    await done(hall.bob, f"link {code}")
    async with meanwhile(hall.ledger, other, hall.ann.say("link --yes")):
        await askers.withdraw(other, await hall.ledger.value("select id from requests"), await hall.mod.user_id())
        assert await other.fetchval("select user_id from requests") == bob
    assert await hall.ledger.value("select user_id from requests") == ann


async def test_a_message_deleted_while_its_writer_is_linked_takes_their_request_back(
    hall: Hall, services: Services, other: asyncpg.Connection
) -> None:
    accepted(await hall.bob.say(f"clip {LINK}", message_id="m1"))
    keep, gone = await hall.ann.user_id(), await hall.bob.user_id()
    async with meanwhile(hall.ledger, other, withdraw(services, "console", "m1")):
        await links.merge(other, keep, gone)
    assert await hall.ledger.value("select state from requests") == "cancelled"


async def test_a_retry_works_on_nothing_that_was_deleted(hall: Hall) -> None:
    request = await hall.request()
    clip = await hall.ledger.clip(request, "queued")
    await done(hall.ann, f"cancel {request}")
    await done(hall.mod, f"takedown {clip}")
    await done(hall.ann, f"retry {request}")
    assert await hall.ledger.value("select state from jobs where kind = 'ffmpeg:polish'") == "cancelled"
