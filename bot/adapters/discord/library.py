"""discord.py as we use it: where Discord is, and what its errors mean to us.

The library has no option for its addresses nor for how long it waits between two tries to connect, so attributes of its
classes and of one module are set: here and nowhere else.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import aiohttp
import discord
from discord.asset import Asset
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.http import Route
from yarl import URL

from clipnet import backoff
from clipnet.errors import ClipNetError, Conflict, Misconfigured, NotAllowed, NotFound, Unavailable
from clipnet.platform_settings import DiscordSettings
from clipnet.texts import text

UNKNOWN_INTERACTION = 10062
ANSWERED_BEFORE = 40060
UNKNOWN_WEBHOOK = 10015
TOKEN_ENDED = frozenset({UNKNOWN_WEBHOOK, 50027})
"""An interaction's token is no longer good."""
AWAY_S = 5.0
GOODBYE_S = 1.0
"""Seconds that Discord has to answer our goodbye."""
_OWN_GATEWAY = DiscordWebSocket.DEFAULT_GATEWAY
_LACKING = {50001: "View Channel", 50013: "Send Messages, Embed Links, Attach Files and Read Message History"}
_WRONG_TOKEN = (4004, 40001)
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nothing is said aloud


def point(settings: DiscordSettings) -> None:
    """Let every client of this process talk to the Discord of the settings, and seek it again within seconds."""
    discord.client.ExponentialBackoff = Patience  # type: ignore[assignment, attr-defined]
    Route.BASE = settings.api_base.rstrip("/")
    DiscordWebSocket.DEFAULT_GATEWAY = URL(settings.gateway) if settings.gateway else _OWN_GATEWAY
    Asset.BASE = settings.cdn_base.rstrip("/")


class Patience(backoff.Reconnecting):
    """In place of the library's, which grows to 17 minutes, and forgets nothing for half an hour."""

    def delay(self) -> float:
        """See `Reconnecting.next_s`."""
        return self.next_s()


def interaction_of(client: discord.Client, payload: dict[str, Any]) -> discord.Interaction[Any]:
    """An interaction that didn't come by the gateway. The library has no public way to make one."""
    return discord.Interaction(data=payload, state=client._connection)  # type: ignore[arg-type]  # noqa: SLF001


def role_ids(member: discord.Member) -> set[str]:
    """The ids of all roles. `Member.roles` leaves out those of guilds that aren't cached, as when we hear by HTTP."""
    return {str(role) for role in member._roles}  # noqa: SLF001


async def let_go(client: discord.Client) -> None:
    """Close a client with all that it has open; nothing of it goes on after that.

    Each connection has a thread that beats on our loop. The library stops that of its newest connection, and only
    while it is open; one that broke, or ended before its session began, is forgotten.
    """
    beating = (thread for thread in threading.enumerate() if isinstance(thread, KeepAliveHandler))
    threads = [thread for thread in beating if thread.ws._connection is client._connection]  # noqa: SLF001
    await asyncio.gather(*(_part(thread) for thread in threads))
    await client.close()
    for thread in threads:
        await asyncio.to_thread(thread.join)


async def _part(thread: KeepAliveHandler) -> None:
    """Say goodbye on a connection, and don't wait long for the answer."""
    thread.stop()
    with suppress(aiohttp.ClientError, OSError):
        async with asyncio.timeout(GOODBYE_S):
            await thread.ws.close(code=1000)


@contextmanager
def translated() -> Iterator[None]:
    """Raise our errors in place of the library's: `Unavailable`, `NotFound`, `NotAllowed`, `Misconfigured`."""
    try:
        yield
    except (discord.DiscordException, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise translate(error) from error


def translate(error: Exception) -> ClipNetError:
    """What an error of the library means to us."""
    if isinstance(error, discord.LoginFailure) or getattr(error, "code", None) in _WRONG_TOKEN:
        return Misconfigured(
            text("Discord refuses the bot's token."),
            hint=text("Take a new one from the application's page “Bot” and set DISCORD_TOKEN."),
        )
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return Misconfigured(
            text("The application may not read messages' content."),
            hint=text("Switch on “Message Content Intent” on its page “Bot”, or unset DISCORD_MESSAGE_CONTENT."),
        )
    if isinstance(error, discord.RateLimited):
        return _away(error.retry_after)
    if isinstance(error, discord.HTTPException):
        return _of_http(error)
    return _away(AWAY_S)


def _of_http(error: discord.HTTPException) -> ClipNetError:
    if error.status == 429 or error.status >= 500:
        return _away(_retry_after_s(error))
    if error.status == 404 or error.code in TOKEN_ENDED:
        return NotFound(text("That message or channel of Discord is gone."))
    if error.code == 50007:
        return NotAllowed(
            text("This person doesn't accept direct messages from ClipNet."),
            hint=text("Their privacy settings decide that."),
        )
    if error.status == 403:
        lacking = _LACKING.get(error.code, _LACKING[50013])
        return NotAllowed(
            text("ClipNet lacks a permission in that channel of Discord."),
            hint=text("Give its role in that channel: {permissions}.", permissions=lacking),
        )
    return Conflict(text("Discord doesn't accept that ({code}).", code=error.code))


def _away(after_s: float) -> Unavailable:
    return Unavailable(text("Discord can't take that now."), retry_after_s=after_s)


def _retry_after_s(error: discord.HTTPException) -> float:
    try:
        return float(error.response.headers.get("Retry-After", AWAY_S))
    except ValueError:
        return AWAY_S
