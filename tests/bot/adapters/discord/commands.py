"""The product's commands, and a few beside them that show what a platform has to be able to show."""

from typing import Any

from pydantic import BaseModel

from bot.command import Command, Limit, Param
from bot.commands import COMMANDS as OWN
from bot.context import Context
from bot.params import CHOICE, TEXT
from bot.vocabulary import Action, Field, Media, Reply
from clipnet.texts import text


class Nothing(BaseModel):
    """No data."""


async def _echo(ctx: Context, *, words: str) -> Reply:
    named = Field(words, words)
    return Reply(text("{name} says: {words}", name=ctx.user.display_name, words=words), (named,), data=Nothing())


async def _rename(ctx: Context, *, of: str, words: str) -> Reply:  # noqa: ARG001
    return Reply(text("{of} is called {words} now.", of=of, words=words), private=True, data=Nothing())


async def _many(ctx: Context, typed: str) -> list[str]:  # noqa: ARG001
    return [f"{typed}{number}" for number in range(26)] + ["x" * 101]


async def _picked(ctx: Context, *, one: str | None) -> Reply:  # noqa: ARG001
    button = Action(text("Rename"), "rename", {"of": one, "words": "as it was"}, ask=("words",))
    long = Action("Long", "echo", {"words": "w" * 150})
    video = Media("video", f"clips/{one}.mp4", str(one))
    return Reply(text("This is {one}.", one=one), actions=(button, long), media=(video,), data=Nothing())


def _made(name: str, handler: Any, *params: Param, **options: Any) -> Command:
    return Command(name=name, help=f"{name} something", handler=handler, data=Nothing, params=params, **options)


WORDS = Param("words", TEXT, "some words", required=True, positional=True)
COMMANDS = (
    *OWN,
    _made("echo", _echo, WORDS, limit=Limit(1000, 60)),
    _made("whisper", _echo, WORDS, private=True),
    _made("rename", _rename, Param("of", TEXT, "of what", required=True, positional=True), WORDS),
    _made("pick", _picked, Param("one", TEXT, "which one", positional=True, complete=_many)),
    _made("shape", _echo, Param("words", CHOICE, "which one", required=True, choices=("round", "square"))),
    _made("tidy", _echo, WORDS, role="moderator"),
    _made("once", _echo, WORDS, limit=Limit(1, 60)),
)
