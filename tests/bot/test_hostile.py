"""Whatever is said to the router, on any surface and in any field, is answered in words of ours and is no work."""

import random
from dataclasses import replace
from uuid import uuid4

from bot.router import Router
from bot.vocabulary import SURFACES, Actor, Invocation, Place, Subject, Surface
from tests.bot.hostile import HUGE, OTHERS, WORDS, listened
from tests.bot.rig import Ledger

SECRET = "s3cret-token-of-an-interaction"
DECLARED = {403, 404, 409, 413, 422, 429}
FIELDS = ("event_id", "text", "command", "message_id")


def plainly(surface: Surface, number: int, **parts: object) -> Invocation:
    """What somebody new says, with nothing wrong in it yet."""
    actor = Actor(surface, f"hostile-{number}", "Eve")
    place = Place(surface, "arena", extra={"token": SECRET})
    return replace(Invocation(str(uuid4()), surface, actor, place, text="!clip nowhere"), **parts)  # type: ignore[arg-type]


def hostile(router: Router, dice: random.Random) -> list[Invocation]:
    """Each command with each of its parameters spoilt, and each field of an invocation."""
    found: list[Invocation] = []
    for surface in SURFACES:
        for command in router.registry.offered(surface):
            args = {param.name: dice.choice((*OTHERS, *WORDS)) for param in command.params}
            found.append(plainly(surface, len(found), text=None, command=command.name, args=args))
            words = " ".join(dice.choice(WORDS) for _ in range(3))
            found.append(plainly(surface, len(found), text=f"!{command.name} {words}"))
        for word in (*WORDS, HUGE):
            for field in FIELDS:
                found.append(plainly(surface, len(found), **{field: word}))
            odd = plainly(surface, len(found))
            found.append(replace(odd, actor=Actor(surface, word, word), place=Place(surface, word, within=word)))
            found.append(replace(odd, event_id=str(uuid4()), subject=Subject(video=word, clip=word)))
    return dice.sample(found, 250)


async def test_no_hostile_word_is_work_or_an_error_of_ours(router: Router, ledger: Ledger) -> None:
    wrong, logged = [], list[str]()
    async with listened(logged):
        for said in hostile(router, random.Random(8)):
            answer = await router.handle(said)
            if answer is not None and answer.problem is not None and answer.problem.status not in DECLARED:
                wrong.append(f"{said!r:.600}: {answer.problem!r:.200}")
    assert wrong == []
    assert await ledger.value("select count(*) from jobs where kind = 'clip:process'") == 0
    assert not any(SECRET in line for line in logged)
