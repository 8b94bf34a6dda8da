"""What was written down is handled: at least once, in order within its lane, whatever happens meanwhile."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import asyncpg
import pytest

from bot.context import Services
from bot.deliveries import Intake
from bot.drain import LANES, PATIENCE_S, TRIES, pause_s
from bot.hooks import Delivery
from clipnet.errors import BadInput, ClipNetError, NotFound, Unavailable
from db import deliveries
from db.deliveries import Arrived
from db.retention import Retention, prune
from tests.bot.doorbell import Doorbell
from tests.bot.rig import Ledger
from tests.conftest import Database

WAITING = "select count(*) from deliveries where done_at is null and given_up_at is null"


@dataclass
class Stubborn(Doorbell):
    """Fails as it is told: per event the errors to raise, one a try."""

    errors: dict[str, list[Exception]] = field(default_factory=dict)
    tries: list[str] = field(default_factory=list)
    most_at_once: int = 0
    handling: int = 0

    async def handle(self, delivery: Delivery) -> None:
        """Raise, or hear it."""
        self.tries.append(delivery.event_id)
        self.handling += 1
        self.most_at_once = max(self.most_at_once, self.handling)
        await asyncio.sleep(0.001)
        self.handling -= 1
        if left := self.errors.get(delivery.event_id):
            raise left.pop(0)
        await super().handle(delivery)


async def write(services: Services, *ids: str, lane: str = "") -> None:
    """Deliveries as another process writes them."""
    await deliveries.write(services.queue.pool, [Arrived("doorbell", i, lane, "chat", "{}") for i in ids])


async def until(true: Callable[[], bool], within_s: float = 40.0) -> None:
    """Wait for something that has no event of its own."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def drained(ledger: Ledger, within_s: float = 40.0) -> None:
    """Wait until nothing waits."""
    async with asyncio.timeout(within_s):
        while await ledger.value(WAITING):  # noqa: ASYNC110 - the database is looked at
            await asyncio.sleep(0.02)


async def test_each_lane_keeps_its_order_and_lanes_go_side_by_side(services: Services, ledger: Ledger) -> None:
    lanes = {f"lane{n}": [f"{n}-{i:02}" for i in range(40)] for n in range(6)}
    for i in range(40):
        for lane, ids in lanes.items():
            await write(services, ids[i], lane=lane)
    bell = Stubborn()
    async with Intake(services, {"doorbell": bell}).running():
        await drained(ledger)
    assert len(bell.heard) == 240
    for number, ids in enumerate(lanes.values()):
        assert [each for each in bell.heard if each.startswith(f"{number}-")] == ids
    assert 2 <= bell.most_at_once <= 6
    assert await ledger.value("select count(*) from deliveries where body::text <> '{}'") == 0


async def test_one_that_fails_holds_its_lane_and_no_other(services: Services, ledger: Ledger) -> None:
    await write(services, "a1", "a2", lane="a")
    await write(services, "b1", "b2", lane="b")

    class Waits(Stubborn):
        async def handle(self, delivery: Delivery) -> None:
            if "a1" in self.tries and delivery.event_id == "a1":
                await until(lambda: "b2" in self.heard)
            await super().handle(delivery)

    bell = Waits(errors={"a1": [RuntimeError("once")]})
    async with Intake(services, {"doorbell": bell}).running():
        await drained(ledger)
    assert bell.heard.index("b2") < bell.heard.index("a1") < bell.heard.index("a2")
    assert bell.tries.count("a1") == 2


@pytest.mark.parametrize("error", [BadInput("No."), NotFound("Gone.")])
async def test_one_that_can_not_succeed_is_given_up_and_lets_the_next_one_through(
    services: Services, ledger: Ledger, error: ClipNetError
) -> None:
    await write(services, "1", "2")
    bell = Stubborn(errors={"1": [error]})
    async with Intake(services, {"doorbell": bell}).running():
        await drained(ledger)
    assert bell.tries == ["1", "2"]
    assert await ledger.value("select error from deliveries where given_up_at is not null") == type(error).__name__
    backlog = await deliveries.backlog(services.queue.pool)
    assert (backlog.waiting, backlog.given_up) == (0, 1)


async def test_one_that_was_given_up_can_be_tried_anew(services: Services, ledger: Ledger) -> None:
    await write(services, "1")
    bell = Stubborn(errors={"1": [BadInput("No.")]})
    async with Intake(services, {"doorbell": bell}).running():
        await drained(ledger)
        assert [each.error for each in await deliveries.given_up(services.queue.pool, 10)] == ["BadInput"]
        assert await deliveries.retry(services.queue.pool, None) == 1
        await drained(ledger)
    assert bell.heard == ["1"]


def test_how_long_it_is_tried() -> None:
    assert pause_s(BadInput("no"), 1, 0) is None
    pauses = [pause_s(ValueError(), tries, 0) for tries in range(1, TRIES)]
    assert all(pause is not None and 0.5 * 2**n <= pause <= 1.5 * 2**n for n, pause in enumerate(pauses))
    assert pause_s(ValueError(), TRIES, 0) is None
    assert pause_s(Unavailable("away", retry_after_s=7), TRIES + 3, PATIENCE_S - 1) == 7
    assert pause_s(Unavailable("away"), 1, PATIENCE_S + 1) is None


async def test_no_more_at_once_than_there_are_slots(services: Services, ledger: Ledger) -> None:
    for n in range(100):
        await write(services, str(n), lane=str(n))
    bell = Stubborn()
    async with Intake(services, {"doorbell": bell}).running():
        await drained(ledger)
    assert len(bell.heard) == 100
    assert bell.most_at_once == LANES


async def test_two_processes_hand_each_over_once(services: Services, ledger: Ledger) -> None:
    bells = [Stubborn(), Stubborn()]
    async with Intake(services, {"doorbell": bells[0]}).running(), Intake(services, {"doorbell": bells[1]}).running():
        for n in range(50):
            await write(services, str(n), lane=str(n % 5))
        await drained(ledger)
    assert sorted(bells[0].tries + bells[1].tries, key=int) == [str(n) for n in range(50)]


async def test_the_next_one_takes_over_when_the_holder_is_gone(services: Services, ledger: Ledger) -> None:
    first, second = Stubborn(), Stubborn()
    async with Intake(services, {"doorbell": first}).running():
        await write(services, "1")
        await drained(ledger)
    async with Intake(services, {"doorbell": second}).running():
        await write(services, "2")
        await drained(ledger)
    assert (first.heard, second.heard) == (["1"], ["2"])


async def test_it_goes_on_after_the_database_cut_every_connection(
    services: Services, ledger: Ledger, database: Database
) -> None:
    bell = Stubborn()
    async with Intake(services, {"doorbell": bell}).running():
        await write(services, "1")
        await drained(ledger)
        admin = await asyncpg.connect(database.cluster.server.url())
        cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'clipnet-drain'"
        assert await admin.fetchval(cut) == 1
        await admin.close()
        await write(services, "2")
        await drained(ledger)
    assert bell.heard == ["1", "2"]


async def test_at_the_end_what_is_being_handled_is_finished_and_nothing_is_begun(
    services: Services, ledger: Ledger
) -> None:
    over = asyncio.Event()

    class Slow(Stubborn):
        async def handle(self, delivery: Delivery) -> None:
            self.tries.append(delivery.event_id)
            await over.wait()
            self.heard.append(delivery.event_id)

    bell = Slow()
    await write(services, "1", "2")
    async with Intake(services, {"doorbell": bell}).running():
        await until(lambda: bell.tries == ["1"])
        asyncio.get_running_loop().call_later(0.5, over.set)  # counted from when the loop runs again: in the ending
    assert (bell.tries, bell.heard) == (["1"], ["1"])
    assert await ledger.value(WAITING) == 1


async def test_pruning_takes_what_has_ended_and_leaves_what_waits(services: Services, ledger: Ledger) -> None:
    await write(services, "waits", "done", "fresh", "given-up")
    for change, which in (
        ("received_at = now() - interval '1 year'", "waits"),
        ("done_at = now() - interval '4 days'", "done"),
        ("done_at = now()", "fresh"),
        ("given_up_at = now() - interval '15 days'", "given-up"),
    ):
        await ledger.conn.execute(f"update deliveries set {change} where event_id = $1", which)
    assert (await prune(ledger.conn, Retention())).deliveries == 2
    rows = await ledger.conn.fetch("select event_id from deliveries order by id")
    assert [row["event_id"] for row in rows] == ["waits", "fresh"]
