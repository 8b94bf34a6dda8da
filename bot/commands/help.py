"""`help`: what can be done here, from the declarations themselves: the five that matter first, then all, then one."""

import difflib
from collections.abc import Sequence

from pydantic import BaseModel

from bot.command import Command, Param
from bot.context import Context
from bot.grammar import split
from bot.params import TEXT
from bot.vocabulary import SIGNS, Field, Reply, Surface
from clipnet.errors import NotFound
from clipnet.texts import Text, joined, marked, text

ALL = "all"
FIVE = 5
FIRST = ("clip", "vote", "clips", "show", "cancel", "leaderboard")
FIRST_OF_MODERATORS = ("clip", "vote", "reports", "settings show")
FIRST_OF_OWNERS = ("setup show", "clip", "clips", "settings show")
"""Where nothing is set up yet."""
ONE_LINE: dict[Surface, int] = {"twitch": 440, "x": 230}
"""Surfaces whose answer is one line, with the characters that names may take of it."""


class Line(BaseModel):
    """A command in short."""

    name: str
    usage: str
    help: str


class Help(BaseModel):
    """The commands that this person is offered here."""

    commands: list[Line]


async def _help(ctx: Context, *, command: str | None) -> Reply:
    surface = ctx.invocation.surface
    offered = [c for c in ctx.registry.offered(surface) if c.role is None or ctx.may(c.role)]
    if command is None:
        return _list(surface, _first(ctx, offered), offered, _rest(surface))
    name = " ".join(command.lower().strip("/! ").split())
    if name == ALL:
        return _list(surface, offered, offered, text("`help COMMAND` tells more."))
    family = [c for c in offered if c.name == name or c.name.split()[0] == name]
    if not family:
        near = difflib.get_close_matches(name, [c.name for c in offered], n=1)
        hint = text("Did you mean {near}?", near=near[0]) if near else text("`help` lists them all.")
        raise NotFound(text("There is no command “{name}” for you here.", name=name), hint=hint)
    if len(family) > 1:
        told = text("{name} has {n} part.", "{name} has {n} parts.", name=name, n=len(family))
        return _list(surface, family, family, told)
    return _explain(surface, family[0])


def _first(ctx: Context, offered: Sequence[Command]) -> list[Command]:
    """The five that matter most to this person in this place, `help` last."""
    wanted: tuple[str, ...] = FIRST
    if ctx.community is None and ctx.may("owner"):
        wanted = FIRST_OF_OWNERS + FIRST
    elif ctx.may("moderator"):
        wanted = FIRST_OF_MODERATORS + FIRST
    by_name = {c.name: c for c in offered}
    found = [by_name[name] for name in dict.fromkeys(wanted) if name in by_name]
    return [*found[: FIVE - 1], *(c for c in offered if c.name == "help")]


def _rest(surface: Surface) -> Text:
    return text("{help} COMMAND tells more, {help} all lists the rest.", help=_said(surface, "help"))


def _list(surface: Surface, shown: Sequence[Command], offered: Sequence[Command], told: Text) -> Reply:
    data = Help(commands=[_line(c) for c in offered])
    if room := ONE_LINE.get(surface):
        names = _fitting([_said(surface, c.name) for c in shown], room)
        return Reply(text("{names}. {told}", names=names, told=told), private=True, data=data)
    return Reply(told, tuple(Field(_said(surface, c.name), marked(c.help)) for c in shown), private=True, data=data)


def _fitting(names: Sequence[str], room: int) -> str:
    """As many names as there is room for, with a sign that there are more."""
    kept = list(names)
    while len(", ".join(kept)) > room - 60:
        kept.pop()
    return ", ".join(kept) + (", …" if len(kept) < len(names) else "")


def _explain(surface: Surface, command: Command) -> Reply:
    help_text, data = marked(command.help), Help(commands=[_line(command)])
    if room := ONE_LINE.get(surface):
        said = text("{command}: {help}.", command=_said(surface, command.name), help=help_text)
        short = sorted((e for e in command.examples if "://" not in e), key=len) or sorted(command.examples, key=len)
        examples = _fitting([_said(surface, example) for example in short], room - len(said))
        shown = joined([said, text("For example: {examples}", examples=examples) if examples else ""])
        return Reply(shown, private=True, data=data)
    by_name = surface == "discord"
    fields = [Field(text("usage"), command.usage_on(surface) if by_name else _said(surface, command.usage))]
    fields += [Field(p.name if p.positional or by_name else f"--{p.name}", _about(p)) for p in command.all_params]
    fields += [Field(text("changes"), marked(command.changes))] if command.changes else []
    fields += [Field(text("for example"), example_of(surface, command, example)) for example in command.examples]
    return Reply(
        text("{command}: {help}.", command=_said(surface, command.name), help=help_text),
        tuple(fields),
        private=True,
        data=data,
    )


def example_of(surface: Surface, command: Command, example: str) -> str:
    """An example as it is written there; on Discord options are filled in by name."""
    if surface != "discord":
        return _said(surface, example)
    words = split(example)[len(command.name.split()) :]
    by_place = iter([p for p in command.params if p.positional])
    said: list[str] = []
    while words:
        word = words.pop(0)
        if word.startswith("--"):
            name = word.removeprefix("--")
            takes = next((p.kind.takes_value for p in command.all_params if p.name == name), False)
            said.append(f"{name}:{words.pop(0) if takes and words else True}")
        elif (param := next(by_place, None)) is not None:
            said.append(f"{param.name}:{word}")
        else:
            said[-1] += f" {word}"
    return " ".join([f"/{command.name}", *said])


def _said(surface: Surface, words: str) -> str:
    return f"{SIGNS.get(surface, '')}{words}"


def _about(param: Param) -> Text:
    choices = ", ".join(param.choices)
    about = marked(param.help)
    return text("{about} ({choices})", about=about, choices=choices) if choices else about


def _line(command: Command) -> Line:
    return Line(name=command.name, usage=command.usage, help=command.help)


async def _complete(ctx: Context, typed: str) -> list[str]:
    names = [c.name for c in ctx.registry.offered(ctx.invocation.surface)]
    return [name for name in (*names, ALL) if name.startswith(typed.lower())]


HELP = Command(
    name="help",
    help="Say what can be done here",
    handler=_help,
    data=Help,
    params=(Param("command", TEXT, "the command to explain, or all", positional=True, complete=_complete),),
    private=True,
    examples=("help", "help clip", "help all"),
)
