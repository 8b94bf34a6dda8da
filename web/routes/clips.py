"""Clips and requests by their ids; the list of clips is the command `clips`."""

from http import HTTPStatus

from aiohttp import web

from bot.views import ClipView, RequestView, Shown
from clipnet.errors import NotFound
from web import problems
from web.api import Route, respond
from web.routes.commands import run


def routes() -> list[Route]:
    """The routes of clips and requests."""
    return [
        Route("GET", "/api/v1/clips/{id}", clip, "Show a clip.", answers={200: ClipView}),
        Route("GET", "/api/v1/requests/{id}", request_, "Show a request and its clips.", answers={200: RequestView}),
    ]


async def clip(request: web.Request) -> web.Response:
    """`GET /api/v1/clips/{id}`."""
    return await _show(request, "clip")


async def request_(request: web.Request) -> web.Response:
    """`GET /api/v1/requests/{id}`."""
    return await _show(request, "request")


async def _show(request: web.Request, wanted: str) -> web.Response:
    answer = await run(request, command="show", args={"id": request.match_info["id"]})
    if answer.problem:
        found = answer.problem
        if found.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            found = found.model_copy(update={"status": 404, "code": "not-found"})
        return problems.of_answer(answer, found)
    assert isinstance(answer.reply.data, Shown)
    model = answer.reply.data.clip if wanted == "clip" else answer.reply.data.request
    if model is None:
        raise NotFound(f"That is no {wanted}.", hint="clips and requests share one space of ids.")
    return respond(request, model)
