"""The one page, its files, and signing in to it."""

import asyncio
from pathlib import Path

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from web.api import Route, read_body
from web.auth import SESSION_S, Unauthorised
from web.keys import GATE

FOLDER = Path(__file__).parents[1] / "dashboard"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
SIGN_INS_AT_ONCE = 4
WRONG_TOKEN_S = 0.5


class SignIn(BaseModel):
    """The token that `clipnet up` printed."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=1, max_length=512)


def routes() -> list[Route]:
    """The routes of the page."""
    return [
        Route("GET", "/", page, "The page.", guarded=False, answers={200: None}),
        Route("GET", "/static/{name}", static, "A file of the page.", guarded=False, answers={200: None}),
        Route(
            "POST",
            "/session",
            sign_in,
            "Sign in with the token.",
            guarded=False,
            body=SignIn.model_json_schema(),
            answers={204: None},
        ),
        Route("DELETE", "/session", sign_out, "Sign out.", answers={204: None}),
    ]


async def page(_: web.Request) -> web.StreamResponse:
    """`GET /`."""
    return web.FileResponse(FOLDER / "index.html", headers={"Content-Type": "text/html; charset=utf-8"})


async def static(request: web.Request) -> web.StreamResponse:
    """A file that lies in the page's folder."""
    path = FOLDER / request.match_info["name"]
    if path.suffix not in TYPES or path.parent != FOLDER or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Content-Type": TYPES[path.suffix], "Cache-Control": "no-cache"})


async def sign_in(request: web.Request) -> web.Response:
    """Token to cookie; a wrong one costs half a second, so that guessing is slow even on many connections."""
    gate = request.app[GATE]
    gate.check_site(request)
    given = await read_body(request, SignIn)
    if not gate.knows(given.token):
        await asyncio.sleep(WRONG_TOKEN_S)
        raise Unauthorised("The token is wrong.", hint="`clipnet up` prints the token of its run.")
    response = web.Response(status=204)
    response.set_cookie(
        gate.cookie,
        gate.open_session(),
        max_age=SESSION_S,
        httponly=True,
        samesite="Strict",
        secure=gate.secure,
        path="/",
    )
    return response


async def sign_out(request: web.Request) -> web.Response:
    """Drop the cookie."""
    response = web.Response(status=204)
    response.del_cookie(
        request.app[GATE].cookie, path="/", secure=request.app[GATE].secure, httponly=True, samesite="Strict"
    )
    return response
