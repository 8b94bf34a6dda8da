"""One person on two platforms: who may become one with whom, and what they have then."""

import asyncio

import pytest

from bot.answer import Answer
from bot.commands.link import Linked
from bot.router import Router
from clipnet.errors import NotFound
from db import users
from tests.bot.life import community, moderator, refused
from tests.bot.rig import LINK, Ledger, Person
from tests.bot.senders.making import arena, asked, open_poll


def linked(answer: Answer) -> Linked:
    assert isinstance(answer.reply.data, Linked), answer.reply.text
    assert answer.reply.private
    return answer.reply.data


async def code_of(person: Person) -> str:
    code = linked(await person.say("!link")).code
    assert code
    return code


def pair(router: Router) -> tuple[Person, Person]:
    return (
        Person(router, "ann", surface="discord", place="lounge"),
        Person(router, "ann_tv", surface="twitch", place="live"),
    )


async def link(one: Person, other: Person) -> Linked:
    await other.say(f"!link {await code_of(one)}")
    return linked(await one.say("!link --yes"))


async def test_two_accounts_become_one_person(router: Router, ledger: Ledger) -> None:
    await community(ledger, ("discord", "lounge"), ("twitch", "live"))
    ann, tv = pair(router)
    await ann.say(f"!clip {LINK} --at 1:20")
    await tv.say(f"!clip {LINK} --at 1:20")
    request = await ledger.value("select public_id from requests")
    assert linked(await tv.say(f"!link {await code_of(ann)}")).state == "repeated"
    question = await ann.say("!link")
    assert (linked(question).state, linked(question).other) == ("repeated", "Ann_Tv")
    assert question.reply.actions[0].args == {"yes": True}
    assert linked(await ann.say("!link --yes")).state == "linked"
    assert await tv.user_id() == await ann.user_id()
    assert await ledger.value("select count(*) from request_askers") == 1
    assert (await tv.say(f"!show {request}")).problem is None
    assert await ledger.value("select count(*) from users where merged_into is not null") == 1
    assert await ledger.value("select count(*) from link_codes") == 0


@pytest.mark.req("R-072", "negative")
async def test_linked_people_have_one_vote_the_later_one(router: Router, ledger: Ledger) -> None:
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip)
    ann, tv = pair(router)
    await ann.say(f"!vote {clip} up")
    await tv.say(f"!vote {clip} down")
    await link(ann, tv)
    assert await ledger.value("select array_agg(value) from votes") == [-1]
    await tv.say(f"!vote {clip} up")
    await ann.say(f"!vote {clip} up")
    assert await ledger.value("select array_agg(value) from votes") == [1]


async def test_a_vote_on_its_way_while_two_become_one_is_not_counted_apart(router: Router, ledger: Ledger) -> None:
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=50)
    for number in range(8):
        ann = Person(router, f"a{number}", surface="discord", place="lounge")
        tv = Person(router, f"t{number}", surface="twitch", place="live")
        await ann.say(f"!vote {clip}")
        await tv.say(f"!link {await code_of(ann)}")
        await asyncio.gather(tv.say(f"!vote {clip} down"), ann.say("!link --yes"), ann.say(f"!vote {clip}"))
    assert await ledger.value("select count(*) from votes") == 8
    assert (
        await ledger.value("select count(*) from votes v join users u on u.id = v.user_id where u.merged_into > 0") == 0
    )


async def test_a_code_is_given_only_where_nobody_reads_along(router: Router) -> None:
    _, tv = pair(router)
    assert "read along" in await refused(tv, "!link", 403)


async def test_a_code_that_somebody_else_repeats_first_links_nobody_unseen(router: Router) -> None:
    ann, tv = pair(router)
    thief = Person(router, "thief", surface="twitch", place="live")
    code = await code_of(ann)
    await thief.say(f"!link {code}")
    await refused(tv, f"!link {code}", 404)
    assert linked(await ann.say("!link")).other == "Thief"
    assert linked(await ann.say("!link --no")).state == "none"
    await refused(ann, "!link --yes", 404)
    assert await thief.user_id() != await ann.user_id()


@pytest.mark.parametrize("code", ["ABCDEFGH", "short", "no code at all", "ABCD-EFG!"])
async def test_a_code_that_nobody_has_is_refused(router: Router, code: str) -> None:
    _, tv = pair(router)
    answer = await tv.say(f'!link "{code}"')
    assert answer.problem
    assert answer.problem.status in (404, 422)


async def test_a_code_ends_by_time_and_by_a_new_one(router: Router, ledger: Ledger) -> None:
    ann, tv = pair(router)
    old = await code_of(ann)
    new = await code_of(ann)
    await refused(tv, f"!link {old}", 404)
    await refused(ann, f"!link {new}", 409)
    await ledger.conn.execute("update link_codes set expires_at = now()")
    await refused(tv, f"!link {new}", 404)


async def test_roles_never_flow_from_who_was_talked_into_repeating_a_code(router: Router, ledger: Ledger) -> None:
    here = await community(ledger, ("discord", "lounge"), ("twitch", "live"))
    ann, tv = pair(router)
    await moderator(ledger, tv, here)
    await refused(tv, f"!link {await code_of(ann)}", 403)
    await ledger.conn.execute("delete from user_roles")
    await moderator(ledger, ann, here)
    await link(ann, tv)
    assert await ledger.value("select count(*) from user_roles where user_id = $1", await tv.user_id()) == 1


async def test_what_one_account_left_and_the_other_asks_for_is_still_asked_for(router: Router, ledger: Ledger) -> None:
    await community(ledger, ("discord", "lounge"), ("twitch", "live"))
    ann, tv = pair(router)
    request = await asked(ann)
    await asked(tv)
    await ann.say(f"!cancel {request}")
    await link(ann, tv)
    here = "select count(*) from request_askers where withdrawn_at is null and user_id = $1"
    assert await ledger.value(here, await ann.user_id()) == 1
    assert await ledger.value("select user_id from requests") == await ann.user_id()


async def test_operators_are_not_linked(router: Router, ledger: Ledger) -> None:
    ann, tv = pair(router)
    await ledger.conn.execute("insert into user_roles (user_id, role) values ($1, 'operator')", await ann.user_id())
    await tv.say(f"!link {await code_of(ann)}")
    assert "Operators" in await refused(ann, "!link --yes", 409)
    assert await tv.user_id() != await ann.user_id()


@pytest.mark.parametrize(("connected", "stays"), [({"ann"}, "ann"), ({"ann_tv"}, "ann_tv"), ({"ann", "ann_tv"}, None)])
async def test_sealed_tokens_stay_with_their_person(
    router: Router, ledger: Ledger, connected: set[str], stays: str | None
) -> None:
    ann, tv = pair(router)
    ids = {"ann": await ann.user_id(), "ann_tv": await tv.user_id()}
    for name in connected:
        await ledger.conn.execute(
            """
            insert into oauth_tokens (user_id, provider, purpose, account_id, key_id, nonce, ciphertext)
            values ($1, 'x', 'post', $2, 'k', '012345678901', 'c')
            """,
            ids[name],
            name,
        )
    await tv.say(f"!link {await code_of(ann)}")
    answer = await ann.say("!link --yes")
    assert (answer.problem is None) == (stays is not None)
    if stays:
        assert await ann.user_id() == await tv.user_id() == ids[stays]


async def test_a_ban_of_either_holds_for_both(router: Router, ledger: Ledger) -> None:
    here = await community(ledger, ("discord", "lounge"))
    ann, tv = pair(router)
    await ledger.conn.execute("insert into bans (community_id, user_id) values ($1, $2)", here, await tv.user_id())
    await link(ann, tv)
    assert await ledger.value("select user_id from bans") == await ann.user_id()


async def test_the_function_behind_it_links_by_a_platforms_id(router: Router) -> None:
    ann, tv = pair(router)
    first, _ = await ann.user_id(), await tv.user_id()
    async with router.services.queue.transaction() as tx:
        assert await users.link(tx.conn, first, "twitch", "ann_tv") == first
        assert await users.link(tx.conn, first, "twitch", "ann_tv") == first
    assert await tv.user_id() == first
    with pytest.raises(NotFound):
        async with router.services.queue.transaction() as tx:
            await users.link(tx.conn, first, "twitch", "nobody")
