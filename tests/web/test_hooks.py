"""Where platforms knock: verified before anything is written, written before anything is acknowledged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import asyncpg
import pytest
from aiohttp import ClientSession, web

from bot.context import Services
from bot.deliveries import WRITE_S, Intake
from bot.router import Router
from clipnet.embedded.roles import account
from tests.bot.doorbell import Doorbell, signed
from tests.bot.rig import Ledger
from tests.conftest import Database
from web.app import create_app

ROWS = "select count(*) from deliveries"


@dataclass
class Door:
    """The API with one platform's door, as somebody outside sees it."""

    client: ClientSession
    bell: Doorbell

    async def knock(self, event: dict[str, Any], **headers: str) -> int:
        """Send one event; returns the status."""
        body, own = signed(event)
        async with self.client.post("/hooks/doorbell", data=BytesIO(body), headers=own | headers) as response:
            return response.status


@asynccontextmanager
async def opened(router: Router, write_s: float) -> AsyncIterator[Door]:
    """The door; what is written down is not handled here. `write_s` as `Intake` takes it."""
    bell = Doorbell()
    intake = Intake(router.services, {"doorbell": bell}, write_s=write_s)
    runner = web.AppRunner(create_app(router, intake=intake), shutdown_timeout=2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as client:
            yield Door(client, bell)
    finally:
        await runner.cleanup()


@pytest.fixture
async def door(router: Router) -> AsyncIterator[Door]:
    """A door that is patient with the database."""
    async with opened(router, 30) as found:
        yield found


async def test_a_wrong_signature_is_refused_and_nothing_is_written(door: Door, ledger: Ledger) -> None:
    assert await door.knock({"id": "1"}, **{"X-Signature": "0" * 64}) == 403
    assert await door.knock({"id": "1"}, **{"X-Event": "2"}) == 403
    assert await door.knock({"id": "1"}, **{"X-Signature": ""}) == 403
    assert await ledger.value(ROWS) == 0
    assert await door.knock({"id": "1"}) == 204
    assert await ledger.value(ROWS) == 1


async def test_the_same_event_twice_is_one_row_and_acknowledged_twice(door: Door, ledger: Ledger) -> None:
    statuses = [await door.knock({"id": "1"}) for _ in range(2)]
    statuses += await asyncio.gather(*(door.knock({"id": "2"}) for _ in range(20)))
    assert set(statuses) == {204}
    assert await ledger.value(ROWS) == 2


async def test_a_question_is_answered_without_a_row(door: Door, ledger: Ledger) -> None:
    body, headers = signed({"id": "1", "challenge": "say this"})
    async with door.client.post("/hooks/doorbell", data=body, headers=headers) as response:
        assert (response.status, await response.text()) == (200, "say this")
    assert await ledger.value(ROWS) == 0


async def test_nobody_answers_for_a_platform_that_is_not_there(door: Door) -> None:
    for method in ("GET", "POST"):
        async with door.client.request(method, "/hooks/nobody", data=b"") as response:
            assert response.status == 404


async def test_a_body_may_have_a_mebibyte_and_no_more(door: Door, ledger: Ledger) -> None:
    assert await door.knock({"id": "1", "text": "x" * 1_000_000}) == 204
    assert await door.knock({"id": "2", "text": "x" * 1_100_000}) == 413
    assert await ledger.value(ROWS) == 1


@pytest.mark.parametrize(
    "event",
    [
        {"id": "1", "text": "\x00 \ud800 😀"},
        {"id": "1", "kind": "a\x00b", "channel": "\ud800\x00"},
        {"id": "x" * 5000},
    ],
)
async def test_odd_letters_of_one_event_dont_spoil_its_neighbours(
    door: Door, ledger: Ledger, event: dict[str, str]
) -> None:
    others = [{"id": f"other-{n}"} for n in range(20)]
    assert set(await asyncio.gather(*(door.knock(each) for each in [*others, event, *others]))) == {204}
    assert await ledger.value(ROWS) == 21


async def test_what_people_wrote_can_be_found_in_what_was_kept(door: Door, ledger: Ledger) -> None:
    assert await door.knock({"id": "1", "text": "Zoë 😀"}) == 204
    assert "Zoë 😀" in await ledger.value("select body::text from deliveries")


async def test_while_the_database_is_away_it_is_to_be_sent_again(
    door: Door, ledger: Ledger, database: Database, services: Services
) -> None:
    admin = await asyncpg.connect(database.cluster.server.url())
    await admin.execute(f'alter database "{database.name}" with allow_connections false')
    await services.queue.pool.expire_connections()
    await admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename = $2",
        database.name,
        account("api"),
    )
    assert await door.knock({"id": "1"}) == 503
    await admin.execute(f'alter database "{database.name}" with allow_connections true')
    await admin.close()
    assert await ledger.value(ROWS) == 0
    assert await door.knock({"id": "1"}) == 204
    assert await ledger.value(ROWS) == 1


async def test_nothing_is_acknowledged_before_it_is_committed(door: Door, ledger: Ledger) -> None:
    """A transaction of ours holds the same event id: whoever writes it waits for our end."""
    insert = "insert into deliveries (platform, event_id, kind, body) values ('doorbell', '1', 'chat', '{}')"
    tx = ledger.conn.transaction()
    await tx.start()
    await ledger.conn.execute(insert)
    knocking = asyncio.create_task(door.knock({"id": "1"}))
    await asyncio.wait({knocking}, timeout=0.3)
    assert not knocking.done()
    await tx.rollback()
    assert await knocking == 204


async def test_a_database_that_hangs_is_told_in_time_for_the_platform(router: Router, ledger: Ledger) -> None:
    assert WRITE_S < 3
    async with opened(router, 0.3) as door, ledger.conn.transaction():
        await ledger.conn.execute("lock table deliveries")
        async with asyncio.timeout(3):
            assert await door.knock({"id": "1"}) == 503
