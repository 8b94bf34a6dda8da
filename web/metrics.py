"""Requests counted by route."""

import time

from aiohttp import web

from clipnet.metrics import counter, histogram
from web.api import Handler

REQUESTS = counter("http_requests", "Requests answered.", ("method", "route", "status"))
SECONDS = histogram("http_seconds", "Seconds until the answer began.", ("route",))
METHODS = frozenset({"GET", "HEAD", "POST", "DELETE"})


@web.middleware
async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count under the route's pattern, never the path or a made-up method, which strangers choose."""
    started = time.perf_counter()
    response = await handler(request)
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "none"
    REQUESTS.labels(request.method if request.method in METHODS else "other", route, str(response.status)).inc()
    SECONDS.labels(route).observe(time.perf_counter() - started)
    return response
