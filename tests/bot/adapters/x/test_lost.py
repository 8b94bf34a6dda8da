"""A sign-in that X takes no longer: told where operators look, once, and gone on from once somebody signed in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bot.adapters.x import join, sign_in
from bot.adapters.x.adapter import XAdapter
from bot.context import Services
from bot.router import Router
from clipnet.ending import end
from clipnet.settings import Settings
from db import users
from ops_commands.health import adapter_part
from tests.bot.adapters.x.signed_in import key, variables
from tests.bot.rig import Ledger
from tests.fakes.server import PATIENCE_S
from tests.fakes.x.clients import Stage

__all__ = ["key", "variables"]
TOLD = "select count(*) from jobs where kind = 'clipbot:trouble'"


@asynccontextmanager
async def _running(router: Router, x: Stage) -> AsyncIterator[XAdapter]:
    adapter = join(router, x.clock).adapter
    assert isinstance(adapter, XAdapter)
    task = asyncio.create_task(adapter.run())
    yield adapter
    await end([task])


async def _until(x: Stage, true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            x.clock.advance(5)
            await asyncio.sleep(0.02)


async def _sign_in(x: Stage, services: Services, settings: Settings) -> None:
    async with services.queue.pool.acquire() as conn, conn.transaction():
        user = await users.of_identity(conn, "x", x.bot.id, "clipnet")
    begun = sign_in.begin("client-id")
    ended = x.fake.authorize(x.bot, begun.url)
    await sign_in.finish(settings, services.queue.pool, user.id, begun, ended, x.clock)


@pytest.mark.usefixtures("key")
async def test_operators_are_told_once_and_a_new_sign_in_is_gone_on_from(
    router: Router, x: Stage, ledger: Ledger, api_settings: Settings
) -> None:
    community = await ledger.community(x.bot.id, surface="x")
    async with _running(router, x) as adapter:
        await _until(x, lambda: adapter.status.state == "running")
    x.fake.oauth2.grants.clear()
    for _ in range(2):  # a restart tells nobody again
        async with _running(router, x) as adapter:
            await _until(x, lambda: adapter.status.state == "waiting")
            part = adapter_part(adapter.status)
            assert part.status == "degraded"
            assert "clipnet setup --again x" in part.detail
            x.clock.advance(60)
            await asyncio.sleep(0.05)
        await ledger.conn.execute("update jobs set state = 'cancelled', ended_at = now() where state = 'ready'")
    assert await ledger.value(f"{TOLD} and (payload ->> 'community_id')::int = $1", community) == 1
    assert await ledger.value(TOLD) == 1
    assert len(x.fake.calls("POST /2/oauth2/token")) == 2

    async with _running(router, x) as adapter:
        await _until(x, lambda: adapter.status.state == "waiting")
        mention = x.fake.mention(x.ann, x.bot, "clip https://example.org/talk.mp4")
        await _sign_in(x, router.services, api_settings)
        await _until(x, lambda: adapter.status.state == "running")
        assert adapter.status.note == ""
        assert await ledger.value("select message_id from request_askers") == mention.id
        x.fake.oauth2.grants.clear()
        await _until(x, lambda: adapter.status.state == "waiting")
    assert await ledger.value(TOLD) == 2


@pytest.mark.usefixtures("key")
async def test_without_a_community_health_alone_tells(router: Router, x: Stage, ledger: Ledger) -> None:
    x.fake.oauth2.grants.clear()
    async with _running(router, x) as adapter:
        await _until(x, lambda: adapter.status.state == "waiting")
    assert await ledger.value(TOLD) == 0
