"""Raises the curtain: platforms, prepared ledger, api, worker and page, all ended together."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from clipnet.cli.playground.broadcast import Broadcast, pieces
from clipnet.cli.playground.cast import assembled
from clipnet.cli.playground.faults import Running
from clipnet.cli.playground.footage import WHOLE, origin, samples
from clipnet.cli.playground.platforms import platforms
from clipnet.cli.playground.settling import settle
from clipnet.cli.playground.shown import Shown
from clipnet.cli.playground.site import Play, Site
from clipnet.cli.playground.variables import token_keys, variables
from clipnet.cli.surroundings import Surroundings
from clipnet.cli.up import keep
from clipnet.settings import Role
from pipeline.stages.tools import make_tools
from tests.fakes.discord import Upload


async def play(found: Surroundings, state: Path, port: int) -> int:
    """Play until SIGINT or SIGTERM, or until api or worker refuses its settings; returns the exit status."""
    task = asyncio.current_task()
    assert task is not None
    _on_signals(task.cancel)
    try:
        async with AsyncExitStack() as stack:
            running: Running = {}
            children = await _prepared(stack, found, state, port, running)
            ended = asyncio.Event()
            _on_signals(ended.set)
            keepers = [
                keep(role, environ, ended, log=state / f"{role}.log", born_to=running.__setitem__)
                for role, environ in children.items()
            ]
            return max(await asyncio.gather(*keepers))
    except asyncio.CancelledError:
        return 128 + signal.SIGINT


async def _prepared(
    stack: AsyncExitStack, found: Surroundings, state: Path, port: int, running: Running
) -> dict[Role, Mapping[str, str]]:
    """Everything but api and worker, whose variables it gives."""
    tools = make_tools(found.settings())
    videos = await samples(state.with_name("demo"), tools)
    broadcast = Broadcast(partial(pieces, videos[WHOLE], tools))
    stands = await stack.enter_async_context(platforms(state / "discord-commands.json"))
    address = await stack.enter_async_context(origin(videos, broadcast))
    cast = assembled(stands)
    cast.samples = {name: Upload(name, path, "video/mp4") for name, path in videos.items()}
    keys = token_keys(state)
    await settle(found.settings(), stands, cast, keys)
    given = variables(stands, cast, address, keys)
    api = found.api["API_BASE_URL"]
    places = {"origin": address, "api": api, "discord": stands.discord.cdn_base, "x": stands.x.url}
    shown = Shown(stands, cast, broadcast, places)
    site = Site(Play(stands, cast, shown, broadcast, running, found.api["API_WRITE_TOKEN"]), port)
    page = await stack.enter_async_context(site.serving())
    print(f"\nThe playground is on {page}", flush=True)
    print(f"What you write there stays on this machine. Logs: {state}/api.log, worker.log. Ctrl-C ends it.", flush=True)
    return {"api": {**found.api, **given}, "worker": {**found.worker, **given}}


def _on_signals(act: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, act)
