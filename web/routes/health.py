"""Health for platforms, metrics for machines."""

from aiohttp import web

from clipnet.metrics import as_json, as_prometheus
from ops_commands.health import Health, probe
from web.api import Route, respond
from web.keys import ROUTER


def routes() -> list[Route]:
    """The routes that platforms and monitors ask."""
    return [
        Route("GET", "/health/live", live, "Whether the process answers.", guarded=False, answers={200: None}),
        Route(
            "GET",
            "/health/ready",
            ready,
            "Whether requests can be taken.",
            guarded=False,
            answers={200: Health, 503: Health},
        ),
        Route("GET", "/ops/metrics", metrics, "Metrics as JSON.", answers={200: None}),
        Route("GET", "/ops/metrics/prometheus", prometheus, "Metrics in Prometheus' text format.", answers={200: None}),
    ]


async def live(_: web.Request) -> web.Response:
    """Answers as long as the process does."""
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """503 without database or Redis; without a worker still 200, degraded. Details are for operators (`health`)."""
    found = await probe(request.app[ROUTER].services)
    told = {name: part.model_copy(update={"detail": ""}) for name, part in found.parts.items()}
    return respond(request, Health(status=found.status, parts=told), status=503 if found.status == "down" else 200)


async def metrics(_: web.Request) -> web.Response:
    """The same values as in Prometheus' format."""
    return web.json_response(as_json())


async def prometheus(_: web.Request) -> web.Response:
    """Prometheus' text format 0.0.4."""
    body, kind = as_prometheus()
    return web.Response(body=body, headers={"Content-Type": kind})
