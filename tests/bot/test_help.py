"""`help`: five commands first, then all; each surface in its own form and within its limits, in every language."""

from dataclasses import replace

import pytest

from bot.adapters.twitch.line import line
from bot.adapters.x.words import weight
from bot.commands import COMMANDS
from bot.commands.help import Help, example_of
from bot.community import Language
from bot.router import Router
from bot.vocabulary import Surface
from tests.bot.rig import Ledger, Person


def somebody(router: Router, surface: Surface, place: str = "here") -> Person:
    return Person(router, f"{surface}-ann", surface=surface, place=place)


@pytest.mark.parametrize(
    ("surface", "first"),
    [
        ("discord", ["/clip", "/vote", "/clips", "/show", "/help"]),
        ("console", ["clip", "vote", "clips", "show", "help"]),
        ("web", ["clip", "vote", "clips", "show", "help"]),
    ],
)
async def test_the_five_that_matter_come_first(router: Router, surface: Surface, first: list[str]) -> None:
    answer = await somebody(router, surface).say("!help" if surface == "discord" else "help")
    assert [field.label for field in answer.reply.fields] == first
    assert isinstance(answer.reply.data, Help)
    assert len(answer.reply.data.commands) > len(first)
    everything = await somebody(router, surface).say(command="help", args={"command": "all"})
    assert len(everything.reply.fields) == len(answer.reply.data.commands)


async def test_what_comes_first_depends_on_who_asks_and_where(router: Router, ledger: Ledger) -> None:
    boss = somebody(router, "discord", place="arena")
    before = await boss.say(command="help", place_roles=frozenset({"administrator"}))
    assert before.reply.fields[0].label == "/setup show"
    await ledger.community("arena", surface="discord")
    after = await boss.say(command="help", place_roles=frozenset({"administrator"}))
    assert "/reports" in [field.label for field in after.reply.fields]
    viewer = await somebody(router, "discord", place="arena").say(command="help")
    assert "/reports" not in [field.label for field in viewer.reply.fields]


@pytest.mark.parametrize("language", ["en", "de", "es"])
async def test_a_chat_is_told_in_one_line_that_fits(router: Router, ledger: Ledger, language: Language) -> None:
    surfaces: tuple[tuple[Surface, str], ...] = (("twitch", "!"), ("x", ""))
    for surface, sign in surfaces:
        community = await ledger.community("arena", surface=surface)
        await ledger.conn.execute(
            "update communities set settings = jsonb_build_object('language', $2::text) where id = $1",
            community,
            language,
        )
        ann = somebody(router, surface, place="arena")
        names = [c.name for c in COMMANDS if surface in c.surfaces and c.role is None]
        for words in ("help", "help all", *(f"help {name}" for name in names)):
            reply = (await ann.say(f"{sign}{words}", place_roles=frozenset())).reply
            assert not reply.fields
            assert len(reply.text) <= 500 if surface == "twitch" else weight(reply.text) <= 280, reply.text
            if surface == "twitch":
                assert line(reply).rstrip("…") in line(replace(reply, media=()))


async def test_a_command_is_explained_as_it_is_written_there(router: Router) -> None:
    on_twitch = (await somebody(router, "twitch").say("!help clip")).reply.text
    assert "!clip 45" in on_twitch
    clip = next(c for c in COMMANDS if c.name == "clip")
    example = 'clip https://example.org/talk.mp4 --find "what a goal" --count 2'
    assert example in clip.examples
    shown = example_of("discord", clip, example)
    assert shown == "/clip source:https://example.org/talk.mp4 find:what a goal count:2"
    on_discord = (await somebody(router, "discord").say(command="help", args={"command": "clip"})).reply
    assert shown in [field.value for field in on_discord.fields]


async def test_help_of_a_family_lists_its_parts(router: Router) -> None:
    boss = somebody(router, "discord")
    reply = (await boss.say(command="help", args={"command": "setup"}, place_roles=frozenset({"administrator"}))).reply
    assert len(reply.fields) == 7
