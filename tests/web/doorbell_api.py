"""`python -m tests.web.doorbell_api`: the api of a test with the doorbell as its platform, in a process of its own."""

import asyncio
import signal
import sys

from bot.adapters.base import Presence
from bot.router import Router
from clipnet.settings import load_settings
from tests.bot.doorbell import Doorbell
from web.serve import serving

NAME = "twitch"


def join(router: Router) -> Presence:
    """The doorbell, rung for the router."""
    return Presence(hook=Doorbell(router))


async def main() -> None:
    """Serve until SIGTERM; the address is the first line that it writes."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with serving(load_settings(), {NAME: "tests.web.doorbell_api"}) as address:
        sys.stdout.write(f"{address}\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(main())
