"""What PostgreSQL can't keep, wherever it stands in what was said."""

from dataclasses import replace

import pytest

from bot.router import Router
from bot.vocabulary import Place
from tests.bot.rig import LINK, Ledger, Person

STRANGE = "a\x00b\ud800"


@pytest.mark.parametrize("part", ["source", "find", "name", "user", "event", "place", "message", "suggest"])
async def test_halves_of_letters_and_nul_are_answered_like_any_words(router: Router, ledger: Ledger, part: str) -> None:
    ann = Person(router, "ann")
    said = ann.invocation(command="clip", args={"source": LINK})
    match part:
        case "source" | "find":
            said.args[part] = f"{LINK}?{STRANGE}"
        case "name":
            said = replace(said, actor=replace(said.actor, name=STRANGE))
        case "user":
            said = replace(said, actor=replace(said.actor, platform_user_id=STRANGE))
        case "event":
            said = replace(said, event_id=STRANGE)
        case "message":
            said = replace(said, message_id=STRANGE)
        case "place":
            said = replace(said, place=Place("console", STRANGE, extra={"thread": STRANGE}))
        case _:
            assert await router.suggest(said, "show", "id", STRANGE) == []
    answer = await router.handle(said)
    assert answer
    assert answer.problem is None, answer.problem
    assert await ledger.value("select count(*) from requests") == 1
