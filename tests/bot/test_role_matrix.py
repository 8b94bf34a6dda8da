"""Who may do what where: every command, for every role, on every surface, cell by cell."""

from typing import Literal

import pytest

from bot.command import Command
from bot.commands import COMMANDS
from bot.grammar import Parsed, parse_text
from bot.registry import Registry
from bot.router import PREFIXES, Router
from bot.vocabulary import SURFACES, Surface
from ops_commands import COMMANDS as OPERATORS
from tests.bot.rig import Ledger, Person

Cell = Literal["unheard", "refused", "heard"]
Who = Literal["nobody", "moderator", "owner", "viewer", "operator", "deployer", "admin", "banned"]
WHO: tuple[Who, ...] = ("nobody", "moderator", "owner", "viewer", "operator", "deployer", "admin", "banned")

MODERATORS = {
    "approve", "ban", "bans", "hold", "recap approve", "recap drop", "recap show", "recap trim", "release",
    "settings reset", "settings set", "settings show", "takedown", "unapprove", "unban", "unblock", "words add",
    "words list", "words remove",
}  # fmt: skip
SETUP = {"setup channel", "setup done", "setup language", "setup roles", "setup test", "setup twitch"}
OWNERS = {"recap off", "recap on", "setup show", "sources add", "sources list", "sources remove", *SETUP}
WRITTEN = {"connect", "disconnect", *SETUP}
VIEWERS = {
    "dead-letter list",
    "dead-letter show",
    "deliveries list",
    "health",
    "jobs stuck",
    "queue",
    "roles list",
    "trace",
}
WHILE_BANNED = {"confirm", "export-me", "forget-me"}
NOT_ON: dict[Surface, set[str]] = {
    "discord": set(),
    "console": set(),
    "web": {"link", "unlink"},
    "twitch": WRITTEN,
    "x": {*WRITTEN, "post", *(name for name in MODERATORS | OWNERS if name.split()[0] in (
        "approve", "unapprove", "recap", "settings", "setup"))},
}  # fmt: skip
MAY: dict[Who, set[str]] = {
    "nobody": set(),
    "banned": set(),
    "moderator": MODERATORS,
    "owner": MODERATORS | OWNERS,
    "viewer": VIEWERS,
    "operator": MODERATORS | OWNERS | VIEWERS,
    "deployer": MODERATORS | OWNERS | VIEWERS,
    "admin": MODERATORS | OWNERS | VIEWERS,
}
"""Commands that need a role, by who may use them; the other operators' commands are for operators and above."""
REGISTRY = Registry((*COMMANDS, *OPERATORS))


def expected(command: Command, who: Who, surface: Surface) -> Cell:
    """What the table says."""
    public = surface in ("twitch", "x")
    if command.name in NOT_ON[surface] or (public and command in OPERATORS):
        return "unheard"
    if who == "banned":
        return "heard" if command.name in WHILE_BANNED else "refused"
    needs = command.name in MODERATORS | OWNERS or command in OPERATORS
    above = command in OPERATORS and command.name not in VIEWERS and who in ("operator", "deployer", "admin")
    return "heard" if not needs or above or command.name in MAY[who] else "refused"


@pytest.mark.req("R-116", "positive")
@pytest.mark.parametrize("surface", SURFACES)
async def test_each_cell_of_the_matrix(surface: Surface, router: Router, ledger: Ledger) -> None:
    community = await ledger.community("hall", surface=surface)
    wrong = []
    for who in WHO:
        person = await _person(who, surface, community, router, ledger)
        for command in REGISTRY:
            found = await _cell(person, command, surface)
            if found != (wanted := expected(command, who, surface)):
                wrong.append(f"{command.name} for {who} on {surface}: {found}, should be {wanted}")
    assert wrong == []


async def _person(who: Who, surface: Surface, community: int, router: Router, ledger: Ledger) -> Person:
    person = Person(router, f"{who}-1", surface, "hall")
    user = await person.user_id()
    if who == "banned":
        await ledger.conn.execute("insert into bans (community_id, user_id) values ($1, $2)", community, user)
    elif who != "nobody":
        place = community if who in ("moderator", "owner") else None
        await ledger.conn.execute(
            "insert into user_roles (user_id, role, community_id) values ($1, $2, $3)", user, who, place
        )
    return person


async def _cell(person: Person, command: Command, surface: Surface) -> Cell:
    """Say the command's first example, without agreeing to what it asks."""
    prefix = PREFIXES.get(surface)
    line = f"{prefix or ''}{command.examples[0]}"
    outcome = parse_text(REGISTRY, surface, line, prefix=prefix)
    if not isinstance(outcome, Parsed) or outcome.command is not command:
        return "unheard"
    answer = await person.say(line)
    assert answer.problem is None or answer.problem.status != 500, (line, answer.reply.text)
    words = ("is for the role", "are banned here")
    refused = answer.problem is not None and any(word in answer.problem.sentence for word in words)
    return "refused" if refused else "heard"


def test_a_role_that_is_declared_is_in_the_table() -> None:
    assert {command.name for command in COMMANDS if command.role == "moderator"} == MODERATORS
    assert {command.name for command in COMMANDS if command.role == "owner"} == OWNERS
