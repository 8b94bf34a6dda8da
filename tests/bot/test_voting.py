"""Votes: one a person, counted once, until the quorum, within the window; and what moderators do."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.commands.vote import Voted
from bot.router import Router
from bot.vocabulary import Actor, Subject
from tests.bot.life import community, moderator, refused
from tests.bot.rig import Ledger, Person
from tests.bot.senders.making import arena, open_poll


def voter(router: Router, name: str, surface: Any = "discord", place: str = "lounge") -> Person:
    return Person(router, name, surface=surface, place=place)


async def voted(person: Person, text: str, **parts: Any) -> Voted:
    answer = await person.say(text, **parts)
    assert isinstance(answer.reply.data, Voted), answer.reply.text
    assert answer.reply.private
    return answer.reply.data


async def approvals(ledger: Ledger) -> None:
    """Write down every time that a clip becomes approved."""
    await ledger.conn.execute(
        """
        create table approvals (clip_id bigint);
        create function note_approval() returns trigger language plpgsql security definer as
          $$ begin insert into approvals values (new.id); return new; end $$;
        create trigger note_approval after update of state on clips for each row
          when (new.state = 'approved' and old.state <> 'approved') execute function note_approval();
        """
    )


@pytest.mark.timeout(900)
@pytest.mark.req("R-072", "positive")
async def test_a_thousand_votes_of_three_hundred_people_at_once_are_three_hundred(
    router: Router, ledger: Ledger
) -> None:
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=301)
    await approvals(ledger)
    people = [voter(router, f"p{n}") for n in range(300)]
    dice = random.Random(7)
    asks = [*people, *(dice.choice(people) for _ in range(700))]
    dice.shuffle(asks)
    gate = asyncio.Semaphore(24)

    async def ask(person: Person) -> None:
        async with gate:
            await router.handle(person.invocation(f"!vote {clip} {dice.choice(['up', 'up', 'up', 'down'])}"))

    await asyncio.gather(*map(ask, asks))

    assert await ledger.value("select count(*) from votes") == 300
    assert await ledger.value("select state from polls") == "open"
    assert await ledger.value("select count(*) from approvals") == 0


async def test_whoever_reaches_the_quorum_at_once_approves_the_clip_once(router: Router, ledger: Ledger) -> None:
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=10)
    await approvals(ledger)
    people = [voter(router, f"p{n}") for n in range(40)]

    answers = await asyncio.gather(*(person.say(f"!vote {clip}") for person in people))

    assert await ledger.value("select count(*) from votes") == 10
    assert [answer.problem is None for answer in answers].count(True) == 10
    assert await ledger.value("select count(*) from approvals") == 1
    assert await ledger.value("select state from clips") == "approved"
    assert await ledger.value("select state from polls") == "passed"


async def test_the_quorum_counts_those_against_it_too(router: Router, ledger: Ledger) -> None:
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=2)
    await voted(voter(router, "a"), f"!vote {clip}")
    await voted(voter(router, "b"), f"!vote {clip} down")
    at = await voted(voter(router, "c"), f"!vote {clip}")
    assert (at.up, at.down, at.state) == (2, 1, "open")
    at = await voted(voter(router, "b"), f"!vote {clip} undo")
    assert (at.up, at.down, at.state, at.clip_state) == (2, 0, "passed", "approved")
    assert await ledger.value("select state from clips") == "approved"
    assert "is over" in await refused(voter(router, "d"), f"!vote {clip}", 409)


@pytest.mark.parametrize("words", ["!vote {clip} up", "!vote up {clip}", "!vote", "!vote yes", "!vote +1"])
async def test_a_vote_may_be_put_in_many_ways(router: Router, ledger: Ledger, words: str) -> None:
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip)
    await shown(ledger, clip, "discord", "lounge")
    assert (await voted(voter(router, "a"), words.format(clip=clip))).up == 1


async def shown(ledger: Ledger, clip: str, platform: str, place: str) -> None:
    """A message that shows the clip."""
    await ledger.conn.execute(
        """
        insert into copies (clip_id, kind, platform, place, remote_id)
        select id, 'announcement', $2, jsonb_build_object('platform', $2::text, 'id', $3::text), 'm' || id
        from clips where public_id = $1
        """,
        clip,
        platform,
        place,
    )


async def test_what_the_message_answers_to_goes_before_what_was_shown_last(router: Router, ledger: Ledger) -> None:
    _, ann, clip = await arena(router, ledger)
    other = await ledger.clip(str(await ledger.value("select public_id from requests")))
    for one in (clip, other):
        await open_poll(ledger, one)
        await shown(ledger, one, "twitch", "live")
    assert (await voted(ann, "!vote")).clip == other
    assert (await voted(ann, "!vote down", subject=Subject(clip=clip))).clip == clip


async def test_words_that_are_no_vote_are_refused(router: Router, ledger: Ledger) -> None:
    _, ann, clip = await arena(router, ledger)
    assert "No clip was shown" in await refused(ann, "!vote", 422)
    assert "Usage: vote" in await refused(ann, "!vote for my dog", 422)
    assert "isn't a vote" in await refused(ann, f"!vote {clip} {clip}", 422)
    assert "no vote on" in await refused(ann, f"!vote {clip}", 409)
    await open_poll(ledger, clip)
    await refused(Person(router, "eve", surface="discord", place="elsewhere"), f"!vote {clip}", 404)


@pytest.mark.req("R-072", "negative")
async def test_a_vote_after_the_close_or_of_somebody_banned_counts_nothing(router: Router, ledger: Ledger) -> None:
    here, ann, clip = await arena(router, ledger)
    await open_poll(ledger, clip, window_s=-1)
    assert "is over" in await refused(ann, f"!vote {clip}", 409)
    await ledger.conn.execute("update polls set closes_at = now() + interval '1 h'")
    banned, gone = voter(router, "bad"), voter(router, "gone")
    await ledger.conn.execute("insert into bans (community_id, user_id) values ($1, $2)", here, await banned.user_id())
    await ledger.conn.execute("update users set banned_at = now() where id = $1", await gone.user_id())
    await refused(banned, f"!vote {clip}", 403)
    await refused(gone, f"!vote {clip}", 403)
    await ledger.conn.execute("update clips set held_at = now()")
    assert "on hold" in await refused(ann, f"!vote {clip}", 409)
    assert await ledger.value("select count(*) from votes") == 0


@pytest.mark.parametrize(("days", "allowed"), [(400, True), (3, False), (None, False)])
async def test_young_accounts_wait(router: Router, ledger: Ledger, days: int | None, allowed: bool) -> None:
    _, _, clip = await arena(router, ledger, voter_age_days=30)
    await open_poll(ledger, clip)
    since = datetime.now(UTC) - timedelta(days=days) if days else None
    said = voter(router, "a").invocation(f"!vote {clip}")
    answer = await router.handle(_as(said, Actor("discord", "a", "A", since)))
    assert answer
    assert (answer.problem is None) == allowed
    assert await ledger.value("select count(*) from votes") == int(allowed)


def _as(said: Any, actor: Actor) -> Any:
    return replace(said, actor=actor)


async def test_whom_we_have_known_long_enough_may_vote_whatever_the_platform_says(
    router: Router, ledger: Ledger
) -> None:
    _, ann, clip = await arena(router, ledger, voter_age_days=30)
    await open_poll(ledger, clip)
    await refused(ann, f"!vote {clip}", 403)
    await ledger.conn.execute("update identities set created_at = now() - interval '31 days'")
    await voted(ann, f"!vote {clip}")


async def test_a_role_may_be_needed(router: Router, ledger: Ledger) -> None:
    _, ann, clip = await arena(router, ledger, voter_role="discord:77")
    await open_poll(ledger, clip)
    await refused(ann, f"!vote {clip}", 403, place_roles=frozenset({"77"}))
    await refused(voter(router, "a"), f"!vote {clip}", 403)
    await voted(voter(router, "a"), f"!vote {clip}", place_roles=frozenset({"77", "78"}))


async def test_votes_in_one_slot_of_time_make_one_edit(router: Router, ledger: Ledger) -> None:
    _, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip, quorum=50)
    slot = "select floor(extract(epoch from clock_timestamp()) / 2)::int"
    first = await ledger.value(slot)
    await asyncio.gather(*(voted(voter(router, f"p{n}"), f"!vote {clip}") for n in range(20)))
    await voted(voter(router, "p0"), f"!vote {clip}")
    jobs = await ledger.value("select count(*) from jobs where kind = 'clipbot:vote'")
    assert 1 <= jobs <= await ledger.value(slot) - first + 1


async def test_a_moderators_yes_is_enough_where_the_vote_decides(router: Router, ledger: Ledger) -> None:
    here, ann, clip = await arena(router, ledger)
    await open_poll(ledger, clip)
    mod = await moderator(ledger, voter(router, "mo"), here)
    await refused(ann, f"!approve {clip}", 403)
    assert (await mod.say(f"!approve {clip}")).problem is None
    assert await ledger.value("select state from clips") == "approved"
    assert await ledger.value("select state from polls") == "decided"
    await refused(mod, f"!approve {clip}", 409)
    assert (await mod.say(f"!unapprove {clip}")).problem is None
    assert await ledger.value("select state from clips") == "ready"
    await refused(mod, f"!unapprove {clip}", 409)
    await refused(ann, f"!vote {clip}", 409)
    assert ("approve", "refused") in await ledger.audit()


@pytest.mark.parametrize("first", ["vote", "moderator"])
async def test_where_both_are_needed_neither_is_enough(router: Router, ledger: Ledger, first: str) -> None:
    here, ann, clip = await arena(router, ledger, approval="moderator")
    await open_poll(ledger, clip, quorum=1, needs_moderator=True)
    mod = await moderator(ledger, voter(router, "mo"), here)
    for step in ("vote", "moderator") if first == "vote" else ("moderator", "vote"):
        assert await ledger.value("select state from clips") == "ready"
        await (ann.say(f"!vote {clip}") if step == "vote" else mod.say(f"!approve {clip}"))
    assert await ledger.value("select state from clips") == "approved"


async def test_a_vote_that_failed_can_not_be_agreed_to(router: Router, ledger: Ledger) -> None:
    here, _, clip = await arena(router, ledger, approval="moderator")
    await open_poll(ledger, clip, needs_moderator=True, window_s=-1)
    mod = await moderator(ledger, voter(router, "mo"), here)
    assert "did not pass" in await refused(mod, f"!approve {clip}", 409)


async def test_a_clip_on_hold_is_not_approved(router: Router, ledger: Ledger) -> None:
    here, _, clip = await arena(router, ledger)
    mod = await moderator(ledger, voter(router, "mo"), here)
    await ledger.conn.execute("update clips set held_at = now()")
    assert "on hold" in await refused(mod, f"!approve {clip}", 409)
    await ledger.conn.execute("update clips set held_at = null")
    assert (await mod.say(f"!approve {clip}")).problem is None


async def test_a_moderator_of_another_community_has_no_say(router: Router, ledger: Ledger) -> None:
    _, _, clip = await arena(router, ledger)
    other = await community(ledger, ("discord", "other"))
    stranger = await moderator(ledger, voter(router, "mo", place="other"), other)
    await refused(stranger, f"!approve {clip}", 404)
