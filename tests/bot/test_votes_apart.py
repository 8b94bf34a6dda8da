"""Votes that count no more, of whoever was linked, banned or forgotten meanwhile; and rules that change meanwhile."""

import asyncio

import pytest

from bot.context import Services
from bot.router import Router
from clipnet.settings import Settings
from db import polls, users
from tests.bot.life import configure, moderator, refused
from tests.bot.rig import Ledger, Person
from tests.bot.senders.making import arena, open_poll, request_of, told
from tests.bot.senders.speaking import Chat, ended, working

COUNTED = "select count(*) from jobs where kind = 'clipbot:vote' and state = 'ready'"


def lounge(router: Router, name: str) -> Person:
    return Person(router, name, surface="discord", place="lounge")


def live(router: Router, name: str) -> Person:
    return Person(router, name, surface="twitch", place="live")


async def link(one: Person, other: Person) -> None:
    data = (await one.say("!link")).reply.data
    assert (await other.say(f"!link {data.code}")).problem is None  # type: ignore[union-attr]
    assert (await one.say("!link --yes")).problem is None


async def say(person: Person, *lines: str) -> None:
    for line in lines:
        answer = await person.say(line)
        assert answer.problem is None, answer.reply.text


async def standing(ledger: Ledger) -> tuple[int, int, str, str]:
    """Votes for and against, the vote's state and the clip's."""
    row = await ledger.conn.fetchrow(
        """
        select (select count(*) from votes where value = 1), (select count(*) from votes where value = -1),
               (select state from polls), (select state from clips)
        """
    )
    assert row is not None
    return tuple(row)


@pytest.mark.req("R-072", "negative")
async def test_who_voted_twice_and_is_linked_after_it_has_one_vote_and_approves_nothing(
    router: Router, ledger: Ledger
) -> None:
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=3)
    one, other = lounge(router, "ann"), live(router, "ann_tv")
    await say(one, f"!vote {clip}")
    await say(other, f"!vote {clip}")
    await ledger.conn.execute("delete from jobs where kind = 'clipbot:vote'")
    await link(one, other)
    assert await standing(ledger) == (1, 0, "open", "ready")
    assert await ledger.value(COUNTED) == 1
    await say(other, f"!vote {clip}")
    await say(one, f"!vote {clip} undo", f"!vote {clip}")
    await say(lounge(router, "bob"), f"!vote {clip}")
    assert await standing(ledger) == (2, 0, "open", "ready")


@pytest.mark.req("R-072", "negative")
async def test_one_person_on_four_surfaces_has_one_vote_wherever_it_is_cast(router: Router, ledger: Ledger) -> None:
    here, _, clip = await arena(router, ledger)
    await ledger.conn.execute("insert into community_places values ('x', 'bot', $1), ('web', 'api', $1)", here)
    await open_poll(ledger, clip, quorum=2)
    one = lounge(router, "ann")
    others = [live(router, "ann_tv"), Person(router, "77", "x", "bot"), Person(router, "token", "web", "api")]
    for person in others:
        await person.user_id()
        async with router.services.queue.transaction() as tx:
            await users.link(tx.conn, await one.user_id(), person.surface, person.id)
    for person in (one, *others, one):
        await say(person, f"{'!' if person.surface in ('discord', 'twitch') else ''}vote {clip}")
        assert await standing(ledger) == (1, 0, "open", "ready")
    await say(others[1], f"vote {clip} down")
    assert await standing(ledger) == (0, 1, "open", "ready")
    assert await ledger.value("select platform from votes") == "x"


async def test_a_vote_that_linking_takes_out_may_be_the_one_that_was_in_the_way(router: Router, ledger: Ledger) -> None:
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=1)
    one, other = lounge(router, "ann"), live(router, "ann_tv")
    await say(other, f"!vote {clip} down")
    await say(one, f"!vote {clip} up")
    assert (await standing(ledger))[2:] == ("open", "ready")
    await link(one, other)
    assert await standing(ledger) == (1, 0, "passed", "approved")


async def test_who_is_linked_to_somebody_banned_votes_no_more_and_stays_banned_the_longer_of_both(
    router: Router, ledger: Ledger
) -> None:
    here, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip)
    one, other = lounge(router, "ann"), live(router, "ann_tv")
    await say(one, f"!vote {clip}")
    for person, until in ((one, "1 s"), (other, None)):
        await ledger.conn.execute(
            """
            insert into bans (community_id, user_id, until, banned_at)
            values ($1, $2, now() + $3::text::interval - interval '1 h', now() - interval '2 h')
            """,
            here,
            await person.user_id(),
            until,
        )
    elsewhere = Person(router, "ann_tv", surface="twitch", place="away")
    data = (await Person(router, "ann", surface="discord", place="away").say("!link")).reply.data
    await say(elsewhere, f"!link {data.code}")  # type: ignore[union-attr]
    await say(Person(router, "ann", surface="discord", place="away"), "!link --yes")
    assert [row["until"] for row in await ledger.conn.fetch("select until from bans")] == [None]
    assert (await standing(ledger))[0] == 0


async def test_a_ban_in_the_middle_of_a_vote_takes_the_vote_out_and_is_shown(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    here, ann, clip = await arena(router, ledger, quorum=2)
    mod = await moderator(ledger, lounge(router, "mo"), here)
    discord = Chat("discord")
    async with working(settings, discord, Chat("twitch", can_edit=False)):
        await told(services, ledger, await request_of(ledger, clip), clip)
        await say(lounge(router, "troll"), f"!vote {clip} down")
        await say(ann, f"!vote {clip}")
        await say(lounge(router, "bob"), f"!vote {clip}")
        await ended(ledger)
        (message,) = discord.in_place("clips")
        assert [action.label for action in message.now.reply.actions] == ["👍 2", "👎 1"]
        await say(mod, "!ban troll")
        await ended(ledger)
    assert await standing(ledger) == (2, 0, "passed", "approved")
    assert message.now.reply.actions == ()
    assert any("approved with 2 for and 0 against" in field.value for field in message.now.reply.fields)


@pytest.mark.parametrize("everywhere", [False, True])
async def test_whoever_votes_while_they_are_banned_has_no_vote(
    router: Router, ledger: Ledger, everywhere: bool
) -> None:
    here, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=50)
    mod = await moderator(ledger, lounge(router, "mo"), here)
    await ledger.conn.execute("insert into user_roles (user_id, role) values ($1, 'operator')", await mod.user_id())
    for number in range(8):
        troll = lounge(router, f"troll{number}")
        await troll.user_id()
        ban = f"!ban troll{number} {'--everywhere' if everywhere else ''}"
        await asyncio.gather(troll.say(f"!vote {clip}"), mod.say(ban), troll.say(f"!vote {clip} down"))
    assert await ledger.value("select count(*) from votes") == 0


async def test_who_is_forgotten_leaves_the_vote_as_if_they_had_not_voted(router: Router, ledger: Ledger) -> None:
    _, ann, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=1)
    zed = lounge(router, "zed")
    await say(zed, f"!vote {clip} down")
    await say(ann, f"!vote {clip}")
    await say(zed, "!forget-me", "!confirm")
    assert await standing(ledger) == (1, 0, "passed", "approved")


async def test_a_vote_taken_out_of_a_clip_on_hold_approves_nothing_until_it_goes_on(
    router: Router, ledger: Ledger
) -> None:
    here, ann, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=1)
    mod = await moderator(ledger, lounge(router, "mo"), here)
    await say(lounge(router, "troll"), f"!vote {clip} down")
    await say(ann, f"!vote {clip}")
    await say(mod, f"!hold {clip}", "!ban troll")
    assert await standing(ledger) == (1, 0, "open", "ready")
    await say(mod, f"!release {clip}")
    assert await standing(ledger) == (1, 0, "passed", "approved")


@pytest.mark.parametrize("how", ["delete", "takedown", "forget-me"])
async def test_the_vote_on_a_clip_that_is_deleted_is_over_with_it(router: Router, ledger: Ledger, how: str) -> None:
    here, ann, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=2)
    await say(lounge(router, "bob"), f"!vote {clip}")
    mod = await moderator(ledger, lounge(router, "mo"), here)
    lines = {"delete": f"!delete {clip}", "takedown": f"!takedown {clip}", "forget-me": "!forget-me"}
    await say(mod if how == "takedown" else ann, lines[how], "!confirm")
    assert await standing(ledger) == (1, 0, "failed", "deleted")
    assert await ledger.value("select ended_at = (select updated_at from clips) from polls")
    await refused(lounge(router, "cid"), f"!vote {clip}", 404)


async def test_a_vote_that_passed_stays_so_when_its_clip_is_deleted(router: Router, ledger: Ledger) -> None:
    _, ann, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=1)
    await say(ann, f"!vote {clip}", f"!delete {clip}", "!confirm")
    assert await standing(ledger) == (1, 0, "passed", "deleted")


async def test_no_vote_is_opened_on_what_is_deleted_meanwhile(
    services: Services, router: Router, ledger: Ledger
) -> None:
    here, ann, clip = await arena(router, ledger)
    clip_id = await ledger.value("select id from clips")
    await say(ann, f"!delete {clip}", "!confirm")
    async with services.queue.transaction() as tx:
        opened = await polls.open_poll(tx.conn, clip_id, here, quorum=1, window_s=9, needs_moderator=False)
    assert not opened
    assert await ledger.value("select count(*) from polls") == 0


@pytest.mark.parametrize("how", ["delete", "takedown", "forget-me"])
async def test_who_votes_while_the_clip_is_deleted_leaves_no_open_vote(
    router: Router, ledger: Ledger, how: str
) -> None:
    here, ann, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=2)
    mod = await moderator(ledger, lounge(router, "mo"), here)
    who = mod if how == "takedown" else ann
    await say(who, "!forget-me" if how == "forget-me" else f"!{how} {clip}")
    answers = await asyncio.gather(
        lounge(router, "bob").say(f"!vote {clip}"), who.say("!confirm"), lounge(router, "cid").say(f"!vote {clip}")
    )
    assert [answer.reply.text for answer in answers if answer.problem and answer.problem.status >= 500] == []
    _, _, poll, state = await standing(ledger)
    # Both may have voted before: then it is an approved clip now, and the question no longer the one that was asked.
    assert (poll, state) in {("failed", "deleted"), ("passed", "deleted"), ("passed", "approved")}


async def test_the_time_on_hold_is_not_taken_from_a_vote(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    here, ann, clip = await arena(router, ledger, quorum=1, clip_channel=None)
    mod = await moderator(ledger, lounge(router, "mo"), here)
    async with working(settings, Chat("discord"), Chat("twitch", can_edit=False)):
        await told(services, ledger, await request_of(ledger, clip), clip)
        await say(lounge(router, "troll"), f'!report {clip} "I do not like it"')
        await ledger.conn.execute(
            "update clips set held_at = now() - interval '2 h'; update polls set closes_at = now() - interval '1 h'"
        )
        await ledger.conn.execute("update jobs set run_at = now() where unique_key like 'vote:close:%'")
        await ended(ledger)
        assert (await standing(ledger))[2:] == ("open", "ready")
        await say(mod, f"!release {clip}")
        wait_s = await ledger.value(
            "select extract(epoch from max(run_at) - now()) from jobs where kind = 'clipbot:vote' and state = 'ready'"
        )
        assert 3500 < wait_s <= 3600
        await say(ann, f"!vote {clip} down")
        await ledger.conn.execute("update polls set closes_at = now()")
        await ledger.conn.execute("update jobs set run_at = now() where kind = 'clipbot:vote' and state = 'ready'")
        await ended(ledger)
    assert await standing(ledger) == (0, 1, "failed", "ready")


async def test_a_vote_keeps_the_rules_that_it_was_opened_with_but_not_who_may_take_part(
    router: Router, ledger: Ledger
) -> None:
    here, ann, clip = await arena(router, ledger, quorum=2)
    await open_poll(ledger, clip, quorum=2)
    await say(ann, f"!vote {clip}")
    await configure(ledger, here, quorum=50, approval="moderator", voter_role="discord:77")
    await refused(lounge(router, "bob"), f"!vote {clip}", 403)
    assert await standing(ledger) == (1, 0, "open", "ready")
    answer = await lounge(router, "cid").say(f"!vote {clip}", place_roles=frozenset({"77"}))
    assert answer.problem is None
    assert await standing(ledger) == (2, 0, "passed", "approved")


async def test_voting_that_is_switched_off_lets_an_open_vote_end(router: Router, ledger: Ledger) -> None:
    here, ann, clip = await arena(router, ledger, quorum=2)
    await open_poll(ledger, clip, quorum=1)
    await configure(ledger, here, quorum=0, clip_channel=None)
    await say(ann, f"!vote {clip}")
    assert await standing(ledger) == (1, 0, "passed", "approved")
