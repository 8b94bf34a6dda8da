"""An effect happens if and only if every check passes; for every command that changes something."""

from dataclasses import replace
from itertools import combinations
from typing import Literal

import pytest

from bot.command import Command, Limit
from bot.registry import Registry
from bot.router import Router, bucket_of
from bot.vocabulary import Surface
from tests.bot.rig import Ledger, Person
from tests.bot.scenes import CASES, Door, Scene

Check = Literal[
    "fresh", "not banned", "offered", "well-formed", "right", "within the limit", "confirmed", "state permits"
]
CHECKS: tuple[Check, ...] = (
    "fresh",
    "not banned",
    "offered",
    "well-formed",
    "right",
    "within the limit",
    "confirmed",
    "state permits",
)

EVERYBODYS = frozenset({"clip", "report", "forget-me", "vote", "link", "unlink", "feedback", "connect", "disconnect"})
"""Commands that everybody has a right to, for themselves."""


ALWAYS = frozenset({"forget-me", "setup show", "setup language", "setup done"})
"""Commands that nothing keeps from being carried out."""


def test_every_command_that_changes_something_is_a_case(router: Router) -> None:
    assert {c.name for c in router.registry if c.changes} - {"confirm"} == set(CASES)


@pytest.mark.req("R-092", "positive")
@pytest.mark.req("R-092", "negative")
@pytest.mark.req("R-116", "negative")
@pytest.mark.parametrize("name", CASES)
async def test_an_effect_needs_every_check(name: str, router: Router, ledger: Ledger) -> None:
    command = next(c for c in router.registry if c.name == name)
    applicable = [c for c in CHECKS if _applies(command, c)]
    for count in (0, 1, 2):
        for failing in combinations(applicable, count):
            await _try(command, set(failing), router, ledger)


def _applies(command: Command, check: Check) -> bool:
    if check == "confirmed":
        return command.plan is not None
    if check == "right":
        return command.role is not None or command.name not in EVERYBODYS
    if check == "not banned":
        return not command.for_banned
    if check == "state permits":
        return command.name not in ALWAYS
    return True


async def _try(command: Command, failing: set[Check], router: Router, ledger: Ledger) -> None:
    surface: Surface = "twitch" if command.operators and "offered" in failing else "console"
    person = await _person(command, failing, router, ledger, surface)
    owner = Person(router, f"{person.id}-owner") if "right" in failing else person
    await ledger.conn.execute("update users set banned_at = null")
    door = Door()
    router.services.consents["twitch"] = door
    target = await CASES[command.name](Scene(ledger, owner, door), "state permits" not in failing)
    if "not banned" in failing:
        await ledger.conn.execute("update users set banned_at = now() where id = $1", await person.user_id())
    word = command.name if "offered" not in failing or command.operators else f"{command.name}x"
    text = f"{word} {target}" + (" --sauce tomato" if "well-formed" in failing else "")
    acting = _limited(router, command) if "within the limit" in failing else router
    person = Person(acting, person.id, surface)
    if "within the limit" in failing:
        bucket = bucket_of(await person.user_id(), person.invocation("").place, command)
        await acting._limiter.take(bucket, Limit(1, 60))
    if "fresh" in failing:
        await ledger.conn.execute("insert into inbox values ($1, 'seen', null) on conflict do nothing", surface)
    before, audited = await _all(ledger, door), len(await ledger.audit())
    answer = await person.router.handle(person.invocation(text, event="seen" if "fresh" in failing else None))
    if answer and answer.pending and "confirmed" not in failing:
        answer = await person.say("confirm")
    happened = await _all(ledger, door) != before
    assert happened == (not failing), (command.name, failing, answer)
    _check_audit(command, failing, (await ledger.audit())[audited:])


async def _all(ledger: Ledger, door: Door) -> dict[str, str]:
    return await ledger.contents() | {"door": f"{door.begun} {door.connected}"}


def _check_audit(command: Command, failing: set[Check], entries: list[tuple[str, str]]) -> None:
    """A privileged command leaves a row, allowed or not, unless it wasn't even recognised or waits for its answer."""
    unheard = failing & {"fresh", "offered", "confirmed"}
    if not command.privileged:
        return
    if not failing:
        assert entries == [(command.name, "allowed")]
    elif not unheard:
        assert [name for name, _ in entries] == [command.name]
        assert entries[0][1] in ("refused", "failed")


async def _person(command: Command, failing: set[Check], router: Router, ledger: Ledger, surface: Surface) -> Person:
    name = f"p{await ledger.value('select count(*) from users')}"
    person = Person(router, name, surface)
    if command.role and "right" not in failing:
        await ledger.conn.execute(
            "insert into user_roles (user_id, role) values ($1, $2)", await person.user_id(), command.role
        )
    return person


def _limited(router: Router, command: Command) -> Router:
    commands = [replace(c, limit=Limit(1, 60)) if c.name == command.name else c for c in router.registry]
    return Router(router.services, Registry(commands))
