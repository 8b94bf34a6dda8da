"""Who asks to be forgotten leaves nothing behind, and gets all of it before if they want."""

import json

import pytest

from bot.answer import Answer
from bot.commands.export_me import Export
from bot.vocabulary import Surface
from db import audit
from tests.bot.hall import Hall, done
from tests.bot.rig import Person
from tests.bot.trail import HANDLE, ID, hits, leave_a_trail


async def done_there(zeb: Person) -> Answer:
    """Ask to be forgotten, and say yes."""
    assert (await zeb.say("!forget-me")).pending
    answer = await zeb.say("!confirm")
    assert answer.problem is None, answer.reply.text
    return answer


async def test_the_record_of_privileged_actions_stays_whole_and_names_nobody(hall: Hall) -> None:
    trail = await leave_a_trail(hall)
    await done_there(trail.zeb)
    last = await hall.ledger.conn.fetchrow("select actor, command, outcome from audit order by id desc limit 1")
    assert last is not None
    assert tuple(last) == (f"user:{trail.user}", "forget-me", "allowed")
    async with hall.router.services.queue.pool.acquire() as conn:
        assert await audit.first_broken(conn) is None


async def test_it_happens_only_after_a_yes(hall: Hall) -> None:
    trail = await leave_a_trail(hall)
    before = await hits(hall, HANDLE)
    await trail.zeb.say("!forget-me --noop")
    await trail.zeb.say("!forget-me")
    assert before <= await hits(hall, HANDLE)
    assert await hall.of_clip(trail.own, "state") == "ready"


async def test_a_request_that_others_asked_for_goes_on_without_them(hall: Hall) -> None:
    request = await hall.request()
    await hall.asks_too(request, hall.bob)
    await done(hall.ann, "forget-me")
    row = await hall.ledger.conn.fetchrow(
        "select r.state, u.display_name from requests r join users u on u.id = r.user_id where public_id = $1", request
    )
    assert row is not None
    assert row["state"] == "queued"
    assert row["display_name"].lower() == "bob"


async def test_a_person_gets_all_of_theirs_and_nothing_of_others(hall: Hall) -> None:
    trail = await leave_a_trail(hall)
    answer = await trail.zeb.say("!export-me")
    assert answer.reply.private
    assert isinstance(answer.reply.data, Export)
    held = answer.reply.data.held
    assert {account["platform_user_id"] for account in held["accounts"]} == {ID}
    assert [clip["id"] for clip in held["clips"]] == [trail.own]
    assert {vote["clip"] for vote in held["votes"]} == {trail.own, trail.shared}
    for kind in (
        "requests",
        "joined",
        "feedback",
        "reports",
        "connected",
        "roles",
        "edits",
        "markers",
        "bans",
        "setups",
        "acts",
    ):
        assert held[kind], kind
    assert "ciphertext" not in json.dumps(held)
    other = (await hall.bob.say("export-me")).reply.data
    assert isinstance(other, Export)
    assert HANDLE not in json.dumps(other.held)


@pytest.mark.parametrize("surface", ["twitch", "x"])
async def test_where_everybody_reads_along_they_are_told_where_to_ask(hall: Hall, surface: Surface) -> None:
    ann = Person(hall.router, "ann", surface, "room")
    answer = await ann.say(command="export-me")
    assert answer.problem is None
    assert "on Discord" in answer.reply.text
    assert (answer.reply.fields, answer.reply.as_file, answer.reply.data) == ((), False, Export(held={}))
    assert len(answer.reply.text) <= 230


@pytest.mark.parametrize(("surface", "where"), [("discord", "in the file"), ("web", "data"), ("console", "--json")])
async def test_it_is_said_where_the_whole_of_it_is(hall: Hall, surface: Surface, where: str) -> None:
    reply = (await Person(hall.router, "ann", surface).say(command="export-me")).reply
    assert where in reply.text
    assert isinstance(reply.data, Export)
    assert reply.as_file
    assert reply.data.held


@pytest.mark.parametrize("everywhere", [False, True])
async def test_who_was_banned_and_forgotten_comes_back_banned(hall: Hall, everywhere: bool) -> None:
    await hall.ledger.conn.execute("insert into community_places values ('discord', 'guild', $1)", hall.id)
    zeb = Person(hall.router, ID, "discord", "guild")
    user = await zeb.user_id()
    sql = "insert into bans (community_id, user_id) select $2, $1"
    if everywhere:
        sql = "update users set banned_at = now() where id = $1 and $2 > 0"
    await hall.ledger.conn.execute(sql, user, hall.id)
    await done_there(zeb)
    assert await hits(hall, ID) == set()
    assert await hall.ledger.value("select count(*) from users where id = $1", user) == 0
    answer = await zeb.say("!clip https://example.org/talk.mp4")
    assert answer.problem
    assert answer.problem.status == 403
    assert await hall.ledger.value("select count(*) from bans") == int(not everywhere)
    assert await hall.ledger.value("select count(*) from outcasts") == 0
    elsewhere = await Person(hall.router, ID, "discord", "another").say("!clip https://example.org/talk.mp4")
    assert (elsewhere.problem is not None) == everywhere


async def test_who_was_unbanned_and_forgotten_comes_back_free(hall: Hall) -> None:
    await hall.ledger.conn.execute("insert into community_places values ('discord', 'guild', $1)", hall.id)
    zeb = Person(hall.router, ID, "discord", "guild")
    await hall.ledger.conn.execute(
        """
        insert into bans (community_id, user_id, banned_at, until)
        values ($1, $2, now() - interval '1 h', now() - interval '1 s')
        """,
        hall.id,
        await zeb.user_id(),
    )
    await done_there(zeb)
    assert await hall.ledger.value("select count(*) from outcasts") == 0
    assert (await zeb.say("!clip https://example.org/talk.mp4")).problem is None
