"""`help`: what can be done here, from the declarations themselves."""

import difflib

from pydantic import BaseModel

from bot.command import Command, Param
from bot.context import Context
from bot.params import TEXT
from bot.vocabulary import Field, Reply
from clipnet.errors import NotFound
from clipnet.texts import Text, marked, text


class Line(BaseModel):
    """A command in short."""

    name: str
    usage: str
    help: str


class Help(BaseModel):
    """The commands that this person is offered here."""

    commands: list[Line]


async def _help(ctx: Context, *, command: str | None) -> Reply:
    offered = [c for c in ctx.registry.offered(ctx.invocation.surface) if c.role is None or ctx.may(c.role)]
    if command is None:
        lines = [_line(c) for c in offered]
        return Reply(
            text("help COMMAND tells more."),
            tuple(Field(x.name, marked(x.help)) for x in lines),
            private=True,
            data=Help(commands=lines),
        )
    name = command.lower().strip("/! ")
    family = [c for c in offered if c.name == name or c.name.split()[0] == name]
    if not family:
        near = difflib.get_close_matches(name, [c.name for c in offered], n=1)
        hint = text("Did you mean {near}?", near=near[0]) if near else text("help lists them all.")
        raise NotFound(text("There is no command “{name}” for you here.", name=name), hint=hint)
    if len(family) > 1:
        lines = [_line(c) for c in family]
        return Reply(
            text("{name} has {n} part.", "{name} has {n} parts.", name=name, n=len(family)),
            tuple(Field(x.name, marked(x.help)) for x in lines),
            data=Help(commands=lines),
        )
    return _explain(family[0])


def _explain(command: Command) -> Reply:
    fields = [Field(text("usage"), command.usage)]
    fields += [Field(p.name if p.positional else f"--{p.name}", _about(p)) for p in command.all_params]
    fields += [Field(text("changes"), marked(command.changes))] if command.changes else []
    fields += [Field(text("for example"), example) for example in command.examples]
    return Reply(
        text("{command}: {help}.", command=command.name, help=marked(command.help)),
        tuple(fields),
        private=True,
        data=Help(commands=[_line(command)]),
    )


def _about(param: Param) -> Text:
    choices = ", ".join(param.choices)
    about = marked(param.help)
    return text("{about} ({choices})", about=about, choices=choices) if choices else about


def _line(command: Command) -> Line:
    return Line(name=command.name, usage=command.usage, help=command.help)


async def _complete(ctx: Context, typed: str) -> list[str]:
    return [c.name for c in ctx.registry.offered(ctx.invocation.surface) if c.name.startswith(typed.lower())]


HELP = Command(
    name="help",
    help="Say what can be done here",
    handler=_help,
    data=Help,
    params=(Param("command", TEXT, "the command to explain", positional=True, complete=_complete),),
    private=True,
    examples=("help", "help clip"),
)
