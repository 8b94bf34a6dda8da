"""The app: its parts handed in, its routes in one list."""

from collections.abc import AsyncIterator

from aiohttp import web

from bot.deliveries import Intake
from bot.registry import Registry
from bot.router import Router
from web import api, metrics, security
from web.api import Route
from web.auth import Gate
from web.events import Hub
from web.keys import BODY_S, GATE, HUB, INTAKE, ROUTER
from web.openapi import document
from web.routes import clips, commands, health, hooks, live, media, page

KEEPALIVE_S = 15.0
"""How long a connection may be idle; also how long the head of a request may take to arrive."""
SHUTDOWN_S = 8.0


def create_app(
    router: Router, *, intake: Intake | None = None, heartbeat_s: float = 15.0, body_s: float = 10.0
) -> web.Application:
    """The app on a router; without an intake no platform can knock. A request's body has to arrive within `body_s`.

    Raises:
        Misconfigured: the write token is missing or short.
    """
    app = web.Application(middlewares=[metrics.measure, api.errors], client_max_size=api.MAX_BODY_BYTES)
    app[ROUTER] = router
    app[GATE] = Gate(router.services.settings.web.token, router.services.settings.web.base_url)
    app[INTAKE] = intake or Intake(router.services)
    app[BODY_S] = body_s
    app[HUB] = Hub(router.services.queue, heartbeat_s=heartbeat_s)
    api.add(app, all_routes(router.registry))
    app.on_response_prepare.append(security.headers)
    app.on_shutdown.append(_end_streams)
    app.cleanup_ctx.append(_events)
    return app


def all_routes(registry: Registry) -> list[Route]:
    """Every route there is."""
    routes = [
        *page.routes(),
        *health.routes(),
        *commands.routes(registry),
        *clips.routes(),
        *live.routes(),
        *media.routes(),
        *hooks.routes(),
    ]

    async def openapi(_: web.Request) -> web.Response:
        return web.json_response(described)

    routes.append(Route("GET", "/api/v1/openapi.json", openapi, "This document.", guarded=False, answers={200: None}))
    described = document(routes)
    return routes


async def _end_streams(app: web.Application) -> None:
    app[HUB].end_streams()


async def _events(app: web.Application) -> AsyncIterator[None]:
    app[HUB].start()
    yield
    await app[HUB].stop()
