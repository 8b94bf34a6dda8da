"""A shop per test."""

from collections.abc import AsyncIterator

import pytest

from clipnet.settings import Settings
from tests.conftest import Database
from tests.pipeline.maker import Maker
from tests.pipeline.shop import Shop


@pytest.fixture
async def shop(settings: Settings, database: Database) -> AsyncIterator[Shop]:
    """Servers, a queue, and room for a worker."""
    async with Shop(settings, database.url("api")) as shop:
        yield shop


@pytest.fixture
def maker(shop: Shop) -> Maker:
    """Steps over the shop's queue."""
    return Maker(shop)
