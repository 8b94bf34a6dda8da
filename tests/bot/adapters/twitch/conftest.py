"""A stage with a fake Twitch that has to end without a violation."""

from collections.abc import AsyncIterator

import pytest

from bot.context import Services
from clipnet.clock import SystemClock
from tests.bot.adapters.twitch.stage import Stage, staged
from tests.bot.rig import Ledger, api_settings, ledger, services
from tests.fakes.twitch import FakeTwitch
from tests.fakes.twitch.client import pointed_at

__all__ = ["api_settings", "ledger", "services"]


@pytest.fixture
async def stage(services: Services, ledger: Ledger) -> AsyncIterator[Stage]:  # noqa: F811 - fixtures
    """The stage."""
    fake = FakeTwitch(SystemClock())
    async with fake.serving():
        with pointed_at(fake):
            yield await staged(fake, services, ledger)
    fake.assert_clean()
