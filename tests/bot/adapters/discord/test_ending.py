"""However a life of the adapter ends, nothing of its connections goes on: the library beats from threads of its own."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import pytest
from discord.gateway import KeepAliveHandler

from bot.adapters.supervisor import STOP_S
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.rig import Ledger
from tests.fakes.faults import Fault

GATEWAY = "GET /gateway/"


async def dropped(scene: Scene) -> None:
    """The connection was cut, and nobody has noticed yet."""
    scene.fake.gateway.drop()


async def noticed(scene: Scene) -> None:
    """The connection was cut, and the library sees it in this moment."""
    scene.fake.gateway.drop()
    for _ in range(3):
        await asyncio.sleep(0)


async def greeted_by_nobody(scene: Scene) -> None:
    """A new connection is open, and Discord hasn't said a word."""
    scene.fake.gateway.mute = True
    scene.fake.gateway.drop()
    await scene.soon(lambda: len(scene.fake.calls(GATEWAY)) == 2)


async def resuming(scene: Scene) -> None:
    """The session is being taken up again."""
    scene.fake.gateway.reconnect()
    await scene.soon(lambda: len(scene.fake.calls(GATEWAY)) == 2)


async def waiting_to_identify(scene: Scene) -> None:
    """The session is lost, and a new one has to wait for its turn."""
    scene.fake.gateway.invalidate()
    await scene.soon(lambda: len(scene.fake.calls(GATEWAY)) == 2 and len(beating()) == 1)


async def silent(scene: Scene) -> None:
    """Likewise, and nobody is at the other end any more, not even for a goodbye."""
    await waiting_to_identify(scene)
    scene.fake.gateway.freeze(deaf=True)


async def backing_off(scene: Scene) -> None:
    """The gateway takes nobody, and the library waits before it tries again."""
    scene.fake.faults.plan(GATEWAY, Fault.HTML_503, times=100)
    scene.fake.gateway.drop()
    await scene.soon(lambda: len(scene.fake.calls(GATEWAY)) >= 2)


async def well(scene: Scene) -> None:
    """Nothing is wrong."""


def beating() -> list[KeepAliveHandler]:
    return [thread for thread in threading.enumerate() if isinstance(thread, KeepAliveHandler)]


@pytest.mark.parametrize(
    "state", [well, dropped, noticed, greeted_by_nobody, resuming, waiting_to_identify, backing_off, silent]
)
async def test_no_thread_outlives_the_adapter(scene: Scene, state: Callable[[Scene], Awaitable[None]]) -> None:
    async with scene.online():
        await state(scene)
        began_s = time.monotonic()
    assert beating() == []
    assert time.monotonic() - began_s < STOP_S


async def test_a_thread_that_is_beating_while_the_adapter_ends_ends_too(scene: Scene) -> None:
    scene.fake.gateway.heartbeat_s = 0.2
    async with scene.online():
        time.sleep(0.3)  # noqa: ASYNC251  # the thread has handed its beat to the loop, which hasn't sent it yet
    assert beating() == []


async def test_what_is_being_answered_is_finished_before_the_connection_closes(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        held = ledger.conn.transaction()
        await held.start()
        await ledger.conn.execute("lock table users, inbox")
        handle = await scene.fake.slash(scene.ann, scene.channel, "echo", {"words": "still"})
        await handle.acknowledged()
        freed = asyncio.create_task(_later(held.rollback))
    await freed
    assert "still" in handle.text
    assert beating() == []


async def _later(act: Callable[[], Awaitable[None]]) -> None:
    await asyncio.sleep(0.1)
    await act()
