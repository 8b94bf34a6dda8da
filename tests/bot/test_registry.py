"""Every surface offers exactly its set, and clashes are found when commands are gathered."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.command import Command
from bot.commands import COMMANDS
from bot.commands.clip import CLIP
from bot.commands.help import HELP
from bot.registry import Registry
from bot.vocabulary import Surface
from ops_commands import COMMANDS as OPERATORS
from ops_commands.jobs import RETRY

REGISTRY = Registry((*COMMANDS, *OPERATORS))
EVERYBODY = {
    "ban",
    "bans",
    "cancel",
    "captions",
    "clip",
    "clips",
    "confirm",
    "delete",
    "export-me",
    "feedback",
    "forget-me",
    "help",
    "hold",
    "leaderboard",
    "reframe",
    "release",
    "report",
    "reports",
    "retry",
    "show",
    "sources add",
    "sources list",
    "sources remove",
    "takedown",
    "template",
    "title",
    "trim",
    "unban",
    "unblock",
    "undo",
    "vote",
    "why",
    "words add",
    "words list",
    "words remove",
}
HOUSE = {
    "approve",
    "post",
    "recap approve",
    "recap drop",
    "recap off",
    "recap on",
    "recap show",
    "recap trim",
    "settings reset",
    "settings set",
    "settings show",
    "setup show",
    "unapprove",
}
"""For moderators and owners, of which X knows none."""
WRITTEN = {
    "connect",
    "disconnect",
    "setup channel",
    "setup done",
    "setup language",
    "setup roles",
    "setup test",
    "setup twitch",
}
"""Too long for a line of chat, or not for everybody's eyes."""
OPERATORS_ONLY = {
    "dead-letter discard",
    "dead-letter list",
    "dead-letter replay",
    "dead-letter show",
    "deliveries list",
    "deliveries retry",
    "health",
    "jobs cancel",
    "jobs retry",
    "jobs stuck",
    "queue",
    "roles grant",
    "roles list",
    "roles revoke",
    "trace",
}
LINKING = {"link", "unlink"}
OFFERED: dict[Surface, set[str]] = {
    "discord": EVERYBODY | HOUSE | WRITTEN | OPERATORS_ONLY | LINKING,
    "web": EVERYBODY | HOUSE | WRITTEN | OPERATORS_ONLY,
    "console": EVERYBODY | HOUSE | WRITTEN | OPERATORS_ONLY | LINKING,
    "twitch": EVERYBODY | HOUSE | LINKING,
    "x": EVERYBODY | LINKING,
}


@pytest.mark.parametrize("surface", OFFERED)
def test_a_surface_offers_exactly_its_set(surface: Surface) -> None:
    assert {command.name for command in REGISTRY.offered(surface)} == OFFERED[surface]


def test_an_operators_command_on_twitch_can_not_be_declared() -> None:
    with pytest.raises(ValueError, match="must not be offered"):
        replace(RETRY, surfaces=("twitch",))


@pytest.mark.parametrize(
    "clash",
    [
        lambda: (CLIP, CLIP),
        lambda: (CLIP, replace(HELP, name="clip more")),
        lambda: (RETRY, replace(HELP, name="jobs")),
    ],
)
def test_a_clash_of_names_is_found(clash: Callable[[], tuple[Command, Command]]) -> None:
    with pytest.raises(ValueError, match=r"twice|beside"):
        Registry(clash())


def test_every_command_says_what_it_does_and_its_examples_parse() -> None:
    from bot.grammar import Parsed, parse_text

    for command in REGISTRY:
        assert command.help, command.name
        assert command.examples, command.name
        for example in command.examples:
            outcome = parse_text(REGISTRY, command.surfaces[-1], example)
            assert isinstance(outcome, Parsed), example
            assert outcome.command is command


def test_names_fit_discord() -> None:
    for command in REGISTRY:
        assert all(1 <= len(word) <= 32 for word in command.name.split())
        assert len(command.help) <= 100
        assert len(command.all_params) <= 25
        for param in command.all_params:
            assert len(param.help) <= 100
            assert len(param.choices) <= 25
