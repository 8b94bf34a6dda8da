"""Pointing the real client library at the fake, for the length of a block."""

from collections.abc import Iterator
from contextlib import contextmanager

import twitchio.eventsub.websockets as library_sockets
from twitchio.http import Route

from tests.fakes.twitch.core import Core


@contextmanager
def pointed_at(fake: Core) -> Iterator[None]:
    """Let twitchio talk to `fake`, which has to be serving; the real addresses come back at the end."""
    before = Route.BASE, Route.ID_BASE, library_sockets.WSS
    Route.BASE, Route.ID_BASE, library_sockets.WSS = fake.helix_base, fake.id_base, fake.eventsub_ws
    try:
        yield
    finally:
        Route.BASE, Route.ID_BASE, library_sockets.WSS = before
