"""Requests counted by route, and the registry as JSON."""

import time
from typing import Any

from aiohttp import web
from prometheus_client import REGISTRY, Counter, Histogram

from web.api import Handler

REQUESTS = Counter("clipnet_http_requests", "Requests answered.", ("method", "route", "status"))
SECONDS = Histogram("clipnet_http_seconds", "Time until the answer began.", ("route",))


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count under the route's pattern, never the path itself, which strangers choose."""
    started = time.perf_counter()
    response = await handler(request)
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "none"
    REQUESTS.labels(request.method, route, str(response.status)).inc()
    SECONDS.labels(route).observe(time.perf_counter() - started)
    return response


def as_json() -> dict[str, Any]:
    """Every metric with its samples."""
    return {
        family.name: {
            "help": family.documentation,
            "type": family.type,
            "samples": [{"name": s.name, "labels": s.labels, "value": s.value} for s in family.samples],
        }
        for family in REGISTRY.collect()
    }
