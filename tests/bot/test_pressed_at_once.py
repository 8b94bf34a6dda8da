"""Two moderators who decide the same thing at the same moment, and communities that lack what others have."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.discord.markup import plain
from bot.adapters.twitch.line import line
from bot.adapters.x.words import quiet
from bot.context import Services
from bot.router import Router
from bot.vocabulary import Actor
from clipnet.settings import Settings
from tests.bot.hall import Hall
from tests.bot.life import community, go_live, moderator
from tests.bot.rig import Ledger, Person
from tests.bot.senders.making import MOMENT, arena, asked, made, open_poll, told
from tests.bot.senders.speaking import Chat, ended, working


def lounge(router: Router, name: str) -> Person:
    return Person(router, name, surface="discord", place="lounge")


async def at_once(*asking: Any) -> list[int]:
    """Ask all of it at the same moment; returns the statuses, 0 where it worked."""
    answers = await asyncio.gather(*asking)
    return sorted(answer.problem.status if answer.problem else 0 for answer in answers)


@pytest.mark.parametrize("words", [("approve", "drop"), ("approve", "approve"), ("drop", "trim {} 0:10 0:30")])
async def test_a_moment_of_a_recap_is_decided_on_once(router: Router, ledger: Ledger, words: tuple[str, str]) -> None:
    here = await community(ledger, ("discord", "lounge"), ("twitch", "live"))
    mods = [await moderator(ledger, lounge(router, name), here) for name in ("mo", "may")]
    for rank in range(1, 6):
        moment = await ledger.value(
            """
            insert into recap_moments (stream_id, rank, start_at, end_at, score, reason)
            values ($1, $2, now(), now() + interval '30 s', 5, 'loud') returning id
            """,
            await go_live(ledger, here, f"c{rank}"),
            rank,
        )
        said = [f"!recap {word.format(moment) if '{}' in word else f'{word} {moment}'}" for word in words]
        assert await at_once(*(mod.say(line) for mod, line in zip(mods, said, strict=True))) == [0, 409]
    approved = await ledger.value("select count(*) from recap_moments where state = 'approved'")
    assert await ledger.value("select count(*) from requests") == approved
    assert await ledger.value("select count(*) from recap_moments where state = 'offered'") == 0


@pytest.mark.parametrize(("words", "statuses"), [
    (("approve", "approve"), [0, 409]),
    (("hold", "hold"), [0, 409]),
])  # fmt: skip
async def test_a_clip_is_decided_on_once(
    router: Router, ledger: Ledger, words: tuple[str, str], statuses: list[int]
) -> None:
    here, _, clip = await arena(router, ledger)
    await open_poll(ledger, clip)
    mods = [await moderator(ledger, lounge(router, name), here) for name in ("mo", "may")]
    assert await at_once(*(mod.say(f"!{word} {clip}") for mod, word in zip(mods, words, strict=True))) == statuses


async def test_a_clip_that_is_held_while_it_is_approved_is_the_one_or_the_other(hall: Hall) -> None:
    for _ in range(6):
        clip = await hall.clip()
        await at_once(hall.mod.say(f"hold {clip}"), hall.owner.say(f"approve {clip}"))
        state, held = await hall.of_clip(clip, "state"), await hall.of_clip(clip, "held_at")
        assert (state, held is not None) in {("ready", True), ("approved", True), ("approved", False)}
        if state == "ready":
            assert held is not None


async def test_a_release_and_a_takedown_at_once_leave_nothing_that_is_shown(hall: Hall) -> None:
    for _ in range(6):
        clip = await hall.clip()
        assert (await hall.mod.say(f"hold {clip}")).problem is None
        assert (await hall.owner.say(f"takedown {clip}")).pending
        await at_once(hall.mod.say(f"release {clip}"), hall.owner.say("confirm"))
        assert await hall.of_clip(clip, "state") == "deleted"


async def test_without_a_clip_channel_the_answer_is_voted_on_and_nothing_is_missed(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    await arena(router, ledger, clip_channel=None, quorum=1)
    request = await asked(lounge(router, "bob"), f"{MOMENT} --alone")
    clip = await made(ledger, request)
    await ledger.conn.execute("update sources set channels = '{youtube:arena}'")
    discord = Chat("discord")
    async with working(settings, discord):
        await told(services, ledger, request, clip)
        await told(services, ledger, request)
        (answer,) = discord.in_place("lounge")
        assert [action.label for action in answer.now.reply.actions] == ["👍 0", "👎 0"]
        assert (await lounge(router, "eve").say("!vote")).problem is None
        await ended(ledger)
    assert len(discord.messages) == 1
    assert "approved with 1 for" in str(answer.now.reply.fields)
    assert await ledger.value("select count(*) from jobs where state = 'dead'") == 0


NAMES = ("@everyone", "\u202eevil\u2066", "**bold** <@1> [x](http://evil.example)", "أحمد", "line\nbreak")


async def test_names_of_people_are_shown_as_names_wherever_they_are_credited(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    await community(
        ledger, ("discord", "lounge"), language="de", clip_channel={"platform": "discord", "id": "clips"}, quorum=0
    )
    for number, name in enumerate(NAMES):
        person = lounge(router, f"p{number}").invocation(f"!{MOMENT}")
        answer = await router.handle(replace(person, actor=Actor("discord", f"p{number}", name)))
        assert answer
        assert answer.problem is None, answer.reply.text
    request = await ledger.value("select public_id from requests")
    clip = await made(ledger, request)
    discord = Chat("discord")
    async with working(settings, discord):
        await told(services, ledger, request, clip)
    (message,) = discord.in_place("clips")
    (credited,) = [field.value for field in message.now.reply.fields if "@everyone" in field.value]
    assert "أحمد" in credited
    assert "evil" in credited
    assert not set("\u202e\u2066") & set(credited)
    shown = plain(credited)
    for acts in ("@everyone", "<@", "](http", "**"):
        assert acts not in shown
    assert "\n" not in line(message.now.reply)
    assert "@e" not in quiet(credited)
