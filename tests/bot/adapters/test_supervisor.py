"""Adapters live and die each for itself."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from bot.adapters.base import Adapter
from bot.adapters.supervisor import JITTER, LONGEST_PAUSE_S, STEADY_S, Supervisor
from clipnet.clock import ManualClock
from clipnet.errors import ClipNetError, Misconfigured, NotAllowed, TooOften, Unavailable
from tests.bot.adapters.players import Life, Player, hangs, immortal, raises, returns, spins, well
from tests.fakes.server import PATIENCE_S


class Times(ManualClock):
    """Notes how long each sleep is asked to be, and lets it pass at once."""

    def __init__(self) -> None:
        super().__init__(datetime(2030, 1, 1, tzinfo=UTC))
        self.pauses: list[float] = []

    async def sleep(self, delay_s: float) -> None:
        """Let the time pass."""
        self.pauses.append(delay_s)
        self.advance(delay_s)
        await asyncio.sleep(0)


@asynccontextmanager
async def supervised(*players: Player, clock: ManualClock | None = None, stop_s: float = 3.0) -> AsyncIterator[None]:
    """Adapters running under a supervisor with loaded dice."""
    adapters: dict[str, Adapter] = {f"{n}": player for n, player in enumerate(players)}
    async with Supervisor(adapters, clock=clock, dice=random.Random(7)).running(stop_s=stop_s):
        yield


async def turns(count: int = 200) -> None:
    """Let everyone have their turn."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_pauses_double_from_a_second_to_five_minutes_and_are_not_the_same_for_all() -> None:
    clock = Times()
    player = Player([raises(RuntimeError("broken"))] * 14 + [well])
    async with supervised(player, clock=clock):
        await turns()
        assert (player.status.state, player.status.restarts) == ("running", 14)
    for n, pause in enumerate(clock.pauses):
        doubled = min(2.0**n, LONGEST_PAUSE_S / JITTER)
        assert doubled <= pause <= doubled * JITTER
    assert len(set(clock.pauses)) == 14
    assert max(clock.pauses) <= LONGEST_PAUSE_S
    assert player.status.state == "off"


async def test_one_that_ran_for_a_minute_starts_again_at_once() -> None:
    clock = Times()

    async def a_while(_: Player) -> None:
        clock.advance(STEADY_S)
        raise RuntimeError("broken")

    player = Player([raises(RuntimeError("broken"))] * 5 + [a_while, a_while, well])
    async with supervised(player, clock=clock):
        await turns()
    assert clock.pauses[4] >= 16
    assert clock.pauses[5] <= JITTER
    assert clock.pauses[6] <= JITTER


@pytest.mark.parametrize("error", [Unavailable("later", retry_after_s=900.0), TooOften("later", retry_after_s=900.0)])
async def test_what_the_platform_asks_for_is_waited(error: ClipNetError) -> None:
    clock = Times()
    async with supervised(Player([raises(error), well]), clock=clock):
        await turns()
    assert clock.pauses == [900.0]


@pytest.mark.parametrize("error", [Misconfigured("The token is wrong.", hint="Set another."), NotAllowed("Banned.")])
async def test_what_no_try_mends_is_not_tried_again(error: ClipNetError) -> None:
    clock = Times()
    player = Player([raises(error), well])
    async with supervised(player, clock=clock):
        await turns()
        assert player.begun == 1
        assert player.status.state == "failed"
        assert error.sentence in player.status.note
    assert clock.pauses == []


@pytest.mark.parametrize("life", [returns, raises(asyncio.CancelledError()), raises(SystemExit(3)), raises(OSError())])
async def test_however_it_ends_it_is_started_again(life: Life) -> None:
    player = Player([life, well])
    async with supervised(player, clock=Times()):
        await turns()
        assert (player.begun, player.status.state, player.status.restarts) == (2, "running", 1)


async def test_a_note_tells_what_is_wrong_but_not_what_a_library_said() -> None:
    clock = ManualClock(datetime(2030, 1, 1, tzinfo=UTC))
    ours, theirs = Player([raises(Unavailable("X is down."))]), Player([raises(RuntimeError("token abc123"))])
    async with supervised(ours, theirs, clock=clock):
        await turns()
        assert (ours.status.state, theirs.status.state) == ("waiting", "waiting")
        assert ours.status.note.startswith("X is down.; starts again in ")
        assert theirs.status.note.startswith("RuntimeError; starts again in ")
        assert theirs.status.since == clock.now()


async def test_none_of_them_touches_the_others() -> None:
    """One breaks again and again, one spins, one hangs, one can't be configured: the last one lives all the same."""
    bad = [Player([life]) for life in (raises(RuntimeError("broken")), spins, hangs, raises(Misconfigured("no")))]
    beats: list[int] = []

    async def beating(player: Player) -> None:
        player.status.state = "running"
        while True:
            beats.append(player.begun)
            await asyncio.sleep(0.01)

    good = Player([beating])
    async with supervised(*bad, good, clock=Times()):
        async with asyncio.timeout(PATIENCE_S):
            while bad[0].begun <= 10 or len(beats) < 5:  # noqa: ASYNC110 - none of them has an event
                await asyncio.sleep(0.01)
        assert good.status.state == "running"
    assert set(beats) == {1}


async def test_all_end_in_time_even_one_that_refuses() -> None:
    loop = asyncio.get_running_loop()
    players = [Player([life]) for life in (well, immortal, spins, hangs)]
    async with supervised(*players, stop_s=0.5):
        await asyncio.sleep(0.05)
        began = loop.time()
    assert loop.time() - began < PATIENCE_S
    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("adapter")] == []
