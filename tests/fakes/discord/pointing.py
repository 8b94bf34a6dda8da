"""discord.py's own class attributes on the fake, for tests with a bare `discord.Client`; the product has settings."""

from collections.abc import Iterator
from contextlib import contextmanager

import discord
import yarl

from tests.fakes.discord.platform import Platform


@contextmanager
def pointed(platform: Platform) -> Iterator[None]:
    """REST, gateway and files of every discord.py client go to the fake within this block."""
    route, socket, asset = discord.http.Route, discord.gateway.DiscordWebSocket, discord.asset.Asset
    before = route.BASE, socket.DEFAULT_GATEWAY, asset.BASE
    route.BASE = platform.api_base
    socket.DEFAULT_GATEWAY = yarl.URL(platform.gateway_url)
    asset.BASE = platform.cdn_base
    try:
        yield
    finally:
        route.BASE, socket.DEFAULT_GATEWAY, asset.BASE = before
