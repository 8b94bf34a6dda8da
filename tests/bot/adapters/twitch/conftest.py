"""A stage with a fake Twitch that has to end without a violation."""

import socket
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.context import Services
from bot.deliveries import Intake
from clipnet.clock import SystemClock
from tests.bot.adapters.twitch.stage import Stage, hook_of, staged
from tests.bot.rig import Ledger, api_settings, ledger, services
from tests.fakes.twitch import FakeTwitch
from tests.fakes.twitch.client import pointed_at
from web.app import create_app

__all__ = ["api_settings", "ledger", "services"]


@pytest.fixture
async def stage(services: Services, ledger: Ledger) -> AsyncIterator[Stage]:
    """The stage."""
    fake = FakeTwitch(SystemClock())
    async with fake.serving():
        with pointed_at(fake):
            yield await staged(fake, services, ledger)


@pytest.fixture
async def door(services: Services, ledger: Ledger) -> AsyncIterator[Stage]:
    """A stage whose events come by the webhook, through the api's own door."""
    fake = FakeTwitch(SystemClock(), http_callbacks=True)
    fake.hooks.retries_s = (0.05, 0.1, 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with fake.serving():
            with pointed_at(fake):
                stage = await staged(fake, services, ledger, base_url=base_url, transport="webhook")
                intake = Intake(stage.services, {"twitch": hook_of(stage)})
                runner = web.AppRunner(create_app(stage.router, intake=intake), shutdown_timeout=0.1)
                await runner.setup()
                await web.SockSite(runner, listening).start()
                async with intake.running():
                    yield stage
                await runner.cleanup()
