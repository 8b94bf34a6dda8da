"""Commands over HTTP: one entry that takes any of them as typed, and one route each, derived from its declaration."""

from functools import partial
from typing import Any
from uuid import uuid4

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.answer import Answer
from bot.command import Command
from bot.registry import Registry
from bot.vocabulary import Actor, Invocation, Place
from clipnet.errors import BadInput
from web import problems
from web.api import Route, read_body, read_json, respond
from web.keys import ROUTER

ACTOR = Actor("web", "token", "web")
"""Whoever holds the write token; people of their own come with sign-in."""
PLACE = Place("web", "api", private=True)
_NUMBERS = ("integer", "number")


class Say(BaseModel):
    """A command: as text, or by name with its arguments."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(default=None, min_length=1, max_length=4000)
    command: str | None = Field(default=None, min_length=1, max_length=70)
    args: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one(self) -> "Say":
        if (self.text is None) == (self.command is None):
            raise ValueError("give either text or command")
        return self


class Line(BaseModel):
    """One labelled line of a reply."""

    label: str
    value: str


class Shown(BaseModel):
    """Something to look at; `key` goes behind `/api/v1/media/`."""

    kind: str
    key: str
    label: str


class Button(BaseModel):
    """A command that suggests itself next."""

    label: str
    command: str
    args: dict[str, Any]


class Said(BaseModel):
    """What ClipNet says, as in any chat; `data` is typed by the command."""

    command: str | None
    text: str
    fields: list[Line]
    media: list[Shown]
    actions: list[Button]
    data: Any
    trace_id: str


class Declared(BaseModel):
    """One command as it is declared."""

    name: str
    help: str
    usage: str
    role: str | None
    changes: str
    confirmed: bool
    method: str
    path: str
    schema_: dict[str, Any] = Field(serialization_alias="schema")
    examples: list[str]


class Declarations(BaseModel):
    """Every command that the web is offered."""

    items: list[Declared]


def routes(registry: Registry) -> list[Route]:
    """The routes of commands."""
    common = [
        Route(
            "POST",
            "/api/v1/commands",
            say,
            "Give a command",
            body=Say.model_json_schema(),
            answers={200: Said, 202: Said},
            idempotent=True,
        ),
        Route("GET", "/api/v1/commands", declarations, "List the commands", answers={200: Declarations}),
    ]
    return common + [_route(command) for command in registry.offered("web")]


def _route(command: Command) -> Route:
    summary = f"{command.help}."
    status = 202 if command.starts_work else 200
    if command.changes:
        handler = partial(_post, command)
        return Route(
            "POST",
            path_of(command),
            handler,
            summary,
            body=command.schema(),
            answers={status: command.data},
            idempotent=True,
        )
    return Route(
        "GET", path_of(command), partial(_get, command), summary, query=command.schema(), answers={status: command.data}
    )


def path_of(command: Command) -> str:
    """Where a command is served."""
    return f"/api/v1/{command.path}"


async def say(request: web.Request) -> web.Response:
    """`POST /api/v1/commands`."""
    said = await read_body(request, Say)
    answer = await run(request, text=said.text, command=said.command, args=said.args)
    if answer.problem:
        return problems.of_answer(answer, answer.problem)
    reply = answer.reply
    body = Said(
        command=answer.command,
        text=reply.text,
        fields=[Line(label=f.label, value=f.value) for f in reply.fields],
        media=[Shown(kind=m.kind, key=m.key, label=m.label) for m in reply.media],
        actions=[Button(label=a.label, command=a.command, args=a.args) for a in reply.actions if not a.ask],
        data=reply.data.model_dump(mode="json") if reply.data else None,
        trace_id=str(answer.trace_id),
    )
    command = request.app[ROUTER].registry.find(answer.command or "", "web")
    started = command is not None and command.starts_work and answer.pending is None
    return respond(request, body, status=202 if started else 200, headers=_headers(answer))


async def declarations(request: web.Request) -> web.Response:
    """`GET /api/v1/commands`."""
    offered = request.app[ROUTER].registry.offered("web")
    return respond(request, Declarations(items=[_declared(command) for command in offered]))


async def _get(command: Command, request: web.Request) -> web.Response:
    args: dict[str, Any] = {}
    for name, value in request.query.items():
        if name in args:
            raise BadInput(f"{name} is given twice.")
        args[name] = value
    return _data(request, command, await run(request, command=command.name, args=args))


async def _post(command: Command, request: web.Request) -> web.Response:
    args = await read_json(request)
    if not isinstance(args, dict):
        raise BadInput("The body has to be an object.")
    return _data(request, command, await run(request, command=command.name, args=args))


def _data(request: web.Request, command: Command, answer: Answer) -> web.Response:
    if answer.problem:
        return problems.of_answer(answer, answer.problem)
    if answer.pending:
        return problems.to_confirm(answer, answer.pending)
    assert answer.reply.data is not None
    status = 202 if command.starts_work else 200
    return respond(request, answer.reply.data, status=status, headers=_headers(answer))


async def run(
    request: web.Request, *, text: str | None = None, command: str | None = None, args: dict[str, Any] | None = None
) -> Answer:
    """Send something through the router; a write with an Idempotency-Key is done once."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= 128 and key.isprintable()):
        raise BadInput("An Idempotency-Key has 1 to 128 printable characters.")
    event = None if request.method in ("GET", "HEAD") else f"key:{request.path}:{key}" if key else str(uuid4())
    invocation = Invocation(event, "web", ACTOR, PLACE, text=text, command=command, args=args or {})
    answer = await request.app[ROUTER].handle(invocation)
    if answer is None:
        raise BadInput("That holds no command.", hint="GET /api/v1/commands lists them.")
    return answer


def _headers(answer: Answer) -> dict[str, str]:
    return {"X-Trace-Id": str(answer.trace_id)} | ({"Idempotency-Replayed": "true"} if answer.replayed else {})


def _declared(command: Command) -> Declared:
    return Declared(
        name=command.name,
        help=command.help,
        usage=command.usage,
        role=command.role,
        changes=command.changes,
        confirmed=command.plan is not None,
        method="POST" if command.changes else "GET",
        path=path_of(command),
        schema_=command.schema(),
        examples=list(command.examples),
    )
