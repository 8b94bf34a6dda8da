"""Everything that the only public listener answers to, route by route."""

import re

import pytest

from tests.web.conftest import Api
from web.keys import ROUTER
from web.routes.commands import path_of

LISTED = {
    "GET /",
    "GET /static/{name}",
    "POST /session",
    "DELETE /session",
    "GET /health/live",
    "GET /health/ready",
    "GET /hooks/{platform}",
    "POST /hooks/{platform}",
    "GET /ops/metrics",
    "GET /ops/metrics/prometheus",
    "POST /api/v1/commands",
    "GET /api/v1/commands",
    "GET /api/v1/clips/{id}",
    "GET /api/v1/requests/{id}",
    "GET /api/v1/events",
    "GET /api/v1/media/{key}",
    "GET /api/v1/openapi.json",
}


@pytest.mark.req("R-057", "positive")
async def test_the_routes_are_those_listed_and_those_of_the_declared_commands(api: Api) -> None:
    answered = {
        f"{route.method} {re.sub(r':[^}]*', '', route.resource.canonical)}"
        for route in api.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    assert answered >= LISTED
    of_commands = sorted(route.split()[1] for route in answered - LISTED)
    assert of_commands == sorted(path_of(command) for command in api.app[ROUTER].registry.offered("web"))
    async with api.client.get("/api/v1/openapi.json") as response:
        described = (await response.json())["paths"]
    assert {f"{method.upper()} {path}" for path, methods in described.items() for method in methods} == answered
