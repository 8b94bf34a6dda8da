"""Linking undone: what goes along, what stays, and that no vote counts twice by it."""

import asyncio

import pytest

from bot.answer import Answer
from bot.commands.unlink import Unlinked
from bot.router import Router
from db import users
from tests.bot.life import community, moderator, refused
from tests.bot.rig import LINK, Ledger, Person
from tests.bot.senders.making import arena, open_poll

VOTES = "select array_agg(value::int order by value) from votes"


def pair(router: Router) -> tuple[Person, Person]:
    return (
        Person(router, "ann", surface="discord", place="lounge"),
        Person(router, "ann_tv", surface="twitch", place="live"),
    )


async def link(one: Person, *others: Person) -> None:
    """The others repeat the code of the one."""
    for other in others:
        data = (await one.say("!link")).reply.data
        assert (await other.say(f"!link {data.code}")).problem is None  # type: ignore[union-attr]
        assert (await one.say("!link --yes")).problem is None


async def both_and_a_vote(router: Router, ledger: Ledger) -> tuple[Person, Person, str]:
    """Two accounts of one person, and a clip that is voted on."""
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=50)
    ann, tv = pair(router)
    await link(ann, tv)
    return ann, tv, clip


async def unlink(person: Person, words: str = "") -> Answer:
    """Ask for it and say yes."""
    asked = await person.say(f"!unlink {words}".strip())
    assert asked.pending, asked.reply.text
    answer = await person.say("!confirm")
    assert isinstance(answer.reply.data, Unlinked), answer.reply.text
    assert answer.reply.private
    return answer


@pytest.mark.parametrize(
    ("who", "words"), [(0, ""), (1, ""), (0, "twitch"), (1, "twitch:ann_tv"), (0, "twitch:@Ann_TV")]
)
async def test_the_linked_account_leaves_whoever_says_it_and_is_who_it_was(
    router: Router, ledger: Ledger, who: int, words: str
) -> None:
    await community(ledger, ("discord", "lounge"), ("twitch", "live"))
    ann, tv = both = pair(router)
    before = await ann.user_id(), await tv.user_id()
    await link(ann, tv)
    await tv.say(f"!clip {LINK} --at 1:20")
    answer = await unlink(both[who], words)
    assert answer.reply.data == Unlinked(platform="twitch", account="ann_tv")
    assert (await ann.user_id(), await tv.user_id()) == before
    assert await ledger.value("select array_agg(user_id) from request_askers") == [before[0]]
    assert await ledger.value("select count(*) from users where merged_into is not null") == 0
    assert "only account" in await refused(tv, "!unlink", 409)
    await link(ann, tv)
    assert await tv.user_id() == before[0]
    await unlink(tv)
    assert (await ann.user_id(), await tv.user_id()) == before


async def test_it_happens_only_after_a_yes(router: Router) -> None:
    ann, tv = pair(router)
    await link(ann, tv)
    asked = await tv.say("!unlink")
    assert "votes and roles stay with the others" in asked.reply.text
    assert await tv.user_id() == await ann.user_id()


async def test_where_others_read_along_the_other_account_is_not_named(router: Router) -> None:
    ann, tv = pair(router)
    await link(ann, tv)
    told = (await tv.say("!unlink")).reply.text + (await tv.say("!confirm")).reply.text
    assert "discord" not in told.lower()
    assert "Ann" not in told


@pytest.mark.req("R-072", "negative")
@pytest.mark.parametrize("voter", [0, 1])
async def test_a_vote_of_one_person_is_one_vote_when_they_are_two(router: Router, ledger: Ledger, voter: int) -> None:
    ann, tv, clip = await both_and_a_vote(router, ledger)
    await (ann, tv)[voter].say(f"!vote {clip} up")
    await unlink(ann)
    assert await ledger.value(VOTES) == [1]
    assert "that vote counts" in await refused(tv, f"!vote {clip} up", 403)
    assert "that vote counts" in await refused(tv, f"!vote {clip} down", 403)
    assert await ledger.value(VOTES) == [1]
    await ann.say(f"!vote {clip} down")
    assert await ledger.value(VOTES) == [-1]


@pytest.mark.req("R-072", "negative")
async def test_nor_by_linking_again_or_elsewhere(router: Router, ledger: Ledger) -> None:
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=50)
    ann, tv = pair(router)
    bob = Person(router, "bob", surface="discord", place="lounge")
    await link(ann, tv)
    await ann.say(f"!vote {clip} up")
    await unlink(tv)
    await link(bob, tv)
    await unlink(tv)
    await refused(tv, f"!vote {clip} up", 403)
    await link(ann, tv)
    await tv.say(f"!vote {clip} down")
    assert await ledger.value(VOTES) == [-1]
    await unlink(ann)
    await refused(tv, f"!vote {clip} up", 403)
    assert await ledger.value(VOTES) == [-1]


async def test_who_holds_the_vote_of_both_may_change_it(router: Router, ledger: Ledger) -> None:
    ann, tv, clip = await both_and_a_vote(router, ledger)
    await ann.say(f"!vote {clip} up")
    await unlink(tv)
    async with router.services.queue.transaction() as tx:
        await users.link(tx.conn, await tv.user_id(), "discord", "ann")
    await tv.say(f"!vote {clip} down")
    assert await ledger.value(VOTES) == [-1]


async def test_a_vote_cast_while_they_part_is_not_counted_twice(router: Router, ledger: Ledger) -> None:
    ann, tv, clip = await both_and_a_vote(router, ledger)
    await ann.say(f"!vote {clip} up")
    await ann.say("!unlink")
    await asyncio.gather(ann.say("!confirm"), *(tv.say(f"!vote {clip} {way}") for way in ("down", "up", "down")))
    assert await tv.user_id() != await ann.user_id()
    assert await ledger.value("select array_agg(user_id) from votes") == [await ann.user_id()]


async def test_on_another_cut_and_on_what_is_voted_on_later_each_has_a_vote(router: Router, ledger: Ledger) -> None:
    ann, tv, clip = await both_and_a_vote(router, ledger)
    await ann.say(f"!vote {clip} up")
    await unlink(ann)
    await ledger.conn.execute("delete from votes; delete from polls")
    await open_poll(ledger, clip, quorum=50)
    await ann.say(f"!vote {clip} up")
    await tv.say(f"!vote {clip} down")
    assert await ledger.value(VOTES) == [-1, 1]


async def test_roles_stay_with_whom_they_were_given_to(router: Router, ledger: Ledger) -> None:
    here = await community(ledger, ("discord", "lounge"), ("twitch", "live"))
    ann, tv = pair(router)
    await moderator(ledger, ann, here)
    await link(ann, tv)
    await unlink(tv)
    assert await ledger.value("select array_agg(user_id) from user_roles") == [await ann.user_id()]


async def test_roles_that_an_account_brought_along_go_with_it(router: Router, ledger: Ledger) -> None:
    here = await community(ledger, ("discord", "lounge"), ("twitch", "live"))
    ann, tv = pair(router)
    first = await ann.user_id()
    await moderator(ledger, ann, here)
    await sealed(ledger, await tv.user_id(), "someone_else")
    await link(ann, tv)
    assert await ann.user_id() != first
    await moderator(ledger, tv, here, "owner")
    await unlink(tv)
    rows = await ledger.conn.fetch("select role, user_id from user_roles order by role")
    assert [tuple(row) for row in rows] == [("moderator", first), ("owner", await tv.user_id())]
    assert await ann.user_id() == first


async def sealed(ledger: Ledger, user_id: int, account_id: str) -> None:
    """A connected account on Twitch."""
    await ledger.conn.execute(
        """
        insert into oauth_tokens (user_id, provider, purpose, account_id, key_id, nonce, ciphertext)
        values ($1, 'twitch', 'bot', $2, 'k', '012345678901', 'c')
        """,
        user_id,
        account_id,
    )


async def test_a_connected_account_stays_until_it_is_disconnected(router: Router, ledger: Ledger) -> None:
    ann, tv = pair(router)
    await link(ann, tv)
    await sealed(ledger, await ann.user_id(), "ann_tv")
    assert "connected" in await refused(tv, "!unlink", 409)
    await ledger.conn.execute("delete from oauth_tokens")
    await unlink(tv)


async def test_a_ban_holds_for_both(router: Router, ledger: Ledger) -> None:
    here = await community(ledger, ("discord", "lounge"), ("twitch", "live"))
    ann, tv = pair(router)
    away = Person(router, "ann_tv", surface="twitch", place="away")
    await link(ann, tv)
    await away.say("!unlink")
    await ledger.conn.execute("insert into bans (community_id, user_id) values ($1, $2)", here, await ann.user_id())
    assert (await away.say("!confirm")).problem is None
    assert set(await ledger.value("select array_agg(user_id) from bans")) == {await ann.user_id(), await tv.user_id()}


async def test_who_is_banned_everywhere_parts_only_once_they_are_free_and_is_free_then(
    router: Router, ledger: Ledger
) -> None:
    ann, tv = pair(router)
    await ledger.conn.execute("update users set banned_at = now() where id = $1", await tv.user_id())
    async with router.services.queue.transaction() as tx:
        await users.link(tx.conn, await ann.user_id(), "twitch", "ann_tv")
    await refused(ann, "!unlink", 403)
    await ledger.conn.execute("update users set banned_at = null where id = $1", await ann.user_id())
    await unlink(ann)
    assert (await tv.say(f"!clip {LINK}")).problem is None


async def test_the_account_that_others_were_linked_to_stays_theirs(router: Router) -> None:
    ann, tv = pair(router)
    await link(ann, tv)
    assert "linked to that one" in await refused(tv, "!unlink discord", 409)
    assert "None of your accounts" in await refused(tv, "!unlink x", 404)


async def test_of_several_one_is_named(router: Router, ledger: Ledger) -> None:
    ann, tv = pair(router)
    more = Person(router, "ann_two", surface="twitch", place="live")
    rows = [await person.user_id() for person in (ann, tv, more)]
    await link(ann, tv, more)
    for words in ("!unlink", "!unlink twitch"):
        assert "Several" in await refused(ann, words, 422)
    await unlink(ann, "twitch:ann_two")
    await unlink(ann)
    assert [await person.user_id() for person in (ann, tv, more)] == rows
    assert await ledger.value("select count(*) from users where merged_into is not null") == 0


async def test_who_was_linked_on_leaves_one_by_one(router: Router) -> None:
    ann, tv = pair(router)
    bob = Person(router, "bob", surface="discord", place="lounge")
    rows = [await person.user_id() for person in (ann, tv, bob)]
    await link(ann, tv)
    async with router.services.queue.transaction() as tx:
        assert await users.link(tx.conn, rows[2], "discord", "ann") == rows[2]
    await unlink(bob, "discord:ann")
    assert [await person.user_id() for person in (ann, tv, bob)] == [rows[0], rows[2], rows[2]]
    await ann.say("!forget-me")
    assert (await ann.say("!confirm")).problem is None
    await unlink(tv)
    assert [await person.user_id() for person in (tv, bob)] == rows[1:]


async def test_completion_offers_what_can_be_taken_off(router: Router) -> None:
    ann, tv = pair(router)
    await link(ann, tv)
    offered = await router.suggest(ann.invocation("!unlink"), "unlink", "account", "")
    assert offered == ["twitch:ann_tv"]
    assert await router.suggest(ann.invocation("!unlink"), "unlink", "account", "disc") == []
