"""The API on a real port, with its own runner as in service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession, web

from bot.router import Router
from clipnet.settings import Settings
from tests.bot.rig import ann, api_settings, grant, ledger, router, services
from web.app import create_app
from web.serve import _trust_the_token

__all__ = ["ann", "api_settings", "grant", "ledger", "router", "services"]


@dataclass
class Api:
    """A running API and a client that holds its token."""

    app: web.Application
    address: str
    client: ClientSession
    settings: Settings


@asynccontextmanager
async def listening(router: Router, *, body_s: float = 10.0, keepalive_s: float = 60.0) -> AsyncIterator[Api]:
    """An API on a port of its own; `body_s` as `create_app` takes it.

    A connection that was idle for `keepalive_s` is closed, maybe just as its client asks for something else.
    """
    settings = router.services.settings
    await _trust_the_token(router.services)
    app = create_app(router, heartbeat_s=0.2, body_s=body_s)
    runner = web.AppRunner(app, keepalive_timeout=keepalive_s, shutdown_timeout=2, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with ClientSession(address, headers={"Authorization": f"Bearer {settings.web.token}"}) as client:
            yield Api(app, address, client, settings)
    finally:
        await runner.cleanup()


@pytest.fixture
async def api(router: Router) -> AsyncIterator[Api]:
    """An API of its own for one test."""
    async with listening(router) as found:
        yield found
