"""`/hooks/{platform}`: where platforms knock. Their signature is the guard; the rest is the intake's."""

import asyncio

from aiohttp import web

from bot.hooks import Knock
from web.api import Route
from web.keys import BODY_S, INTAKE

MAX_BODY_BYTES = 1024 * 1024


def routes() -> list[Route]:
    """The routes that platforms call."""
    path = "/hooks/{platform}"
    return [
        Route("GET", path, knock, "A platform's question whether this is us.", guarded=False, answers={200: None}),
        Route("POST", path, knock, "An event of a platform, signed by it.", guarded=False, answers={204: None}),
    ]


async def knock(request: web.Request) -> web.Response:
    """Answered once the delivery is committed; 503 while it can't be, so that the platform sends it again."""
    arrived = Knock(
        request.method,
        {name.lower(): value for name, value in request.headers.items()},
        dict(request.query),
        await _body(request),
    )
    answer = await request.app[INTAKE].knock(request.match_info["platform"], arrived)
    return web.Response(status=answer.status, body=answer.body or None, content_type=answer.content_type)


async def _body(request: web.Request) -> bytes:
    try:
        async with asyncio.timeout(request.app[BODY_S]):
            return await request.clone(client_max_size=MAX_BODY_BYTES).read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
