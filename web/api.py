"""The thin typed layer: a route is data, its query and body are checked by pydantic, errors are problems."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, TypeVar

from aiohttp import web
from loguru import logger
from pydantic import BaseModel, ValidationError

from clipnet.errors import BadInput, ClipNetError
from web import problems
from web.keys import BODY_S, GATE

MAX_BODY_BYTES = 256 * 1024

Method = Literal["GET", "POST", "DELETE"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        guarded: it needs the token or a session.
        query, body: JSON schemas of what it takes, for the OpenAPI document.
        answers: the model of its answer by status; None where it isn't JSON.
    """

    method: Method
    path: str
    handler: Handler
    summary: str
    guarded: bool = True
    query: dict[str, Any] | None = None
    body: dict[str, Any] | None = None
    answers: dict[int, type[BaseModel] | None] = field(default_factory=dict)
    idempotent: bool = False


def add(app: web.Application, routes: list[Route]) -> None:
    """Register routes; raises ValueError when two answer the same."""
    seen: set[tuple[str, str]] = set()
    for route in routes:
        if (route.method, route.path) in seen:
            raise ValueError(f"two routes for {route.method} {route.path}")
        seen.add((route.method, route.path))
        app.router.add_route(route.method, route.path, _guard(route) if route.guarded else route.handler)
        if route.method == "GET":
            app.router.add_route("HEAD", route.path, _guard(route) if route.guarded else route.handler)


def _guard(route: Route) -> Handler:
    async def guarded(request: web.Request) -> web.StreamResponse:
        request.app[GATE].check(request)
        return await route.handler(request)

    return guarded


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every failure into a problem document."""
    try:
        return await handler(request)
    except ClipNetError as error:
        found = problems.of_error(error)
        if error.status == HTTPStatus.UNAUTHORIZED:
            found.headers["WWW-Authenticate"] = "Bearer"
        return found
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return problems.of_http(error)
    except (ConnectionResetError, asyncio.CancelledError):
        raise
    except Exception as error:
        resource = request.match_info.route.resource
        logger.opt(exception=error).error("a request failed", route=resource.canonical if resource else "")
        return problems.problem(500, "Something went wrong on our side.", code="internal")


async def read_body(request: web.Request, model: type[M]) -> M:
    """The typed body.

    Raises:
        BadInput: it isn't JSON, or doesn't fit (422).
        web.HTTPException: it is too large (413), not declared as JSON (415), not JSON at all (400) or too slow (408).
    """
    return _typed(model, await read_json(request))


async def read_json(request: web.Request) -> Any:
    """The body as JSON; an empty one is an empty object."""
    try:
        async with asyncio.timeout(request.app[BODY_S]):
            raw = await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    if not raw.strip():
        return {}
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None


def _typed(model: type[M], value: Any) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        raise BadInput(f"{where}: {first['msg']}.") from None


def respond(
    request: web.Request, model: BaseModel, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """A model as JSON; what a GET gives has an ETag of its content, and is left out when the caller has it already."""
    body = model.model_dump_json(by_alias=True).encode()
    found = {"Cache-Control": "no-store" if request.method == "POST" else "private, no-cache", **(headers or {})}
    if request.method in ("GET", "HEAD"):
        tag = hashlib.sha256(body).hexdigest()[:32]
        found["ETag"] = f'"{tag}"'
        if any(known.value in (tag, "*") for known in request.if_none_match or ()):
            return web.Response(status=304, headers=found)
    return web.Response(status=status, body=body, content_type="application/json", headers=found)
