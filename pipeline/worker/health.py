"""The worker's small HTTP listener: is it alive, may it work, what does it count."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from clipnet import metrics
from pipeline.worker.lease import Lease

EVERYWHERE = "0.0.0.0"  # noqa: S104 - the platform asks from outside


async def serve(
    lease: Lease, status: Callable[[], dict[str, Any]], *, port: int, host: str = EVERYWHERE
) -> web.AppRunner:
    """Listen until `cleanup()` of the runner returned; port 0 takes a free one (see its `addresses`)."""

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "live"})

    async def ready(_: web.Request) -> web.Response:
        """Ready: holds the lease or stands in line for it; `working` says which."""
        return web.json_response({"status": "ready", "working": lease.fresh(), "epoch": lease.epoch, **status()})

    async def prometheus(_: web.Request) -> web.Response:
        body, content_type = metrics.as_prometheus()
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def as_json(_: web.Request) -> web.Response:
        return web.json_response(metrics.as_json())

    app = web.Application()
    app.add_routes(
        [
            web.get("/health/live", live),
            web.get("/health/ready", ready),
            web.get("/metrics", prometheus),
            web.get("/metrics/json", as_json),
        ]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
