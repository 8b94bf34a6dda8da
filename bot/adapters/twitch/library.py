"""What ClipNet touches of twitchio that twitchio doesn't offer; nothing else may. See docs/decisions/twitchio.md."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

import aiohttp
import twitchio
from twitchio.authentication.oauth import OAuth
from twitchio.authentication.payloads import RefreshTokenPayload
from twitchio.eventsub import websockets
from twitchio.http import Route
from twitchio.models.eventsub_ import create_event_instance

from bot.adapters.twitch.keeping import Keeper, Pair
from clipnet import backoff
from clipnet.ending import end
from clipnet.errors import Misconfigured
from clipnet.platform_settings import TwitchSettings
from clipnet.texts import text

_ISOLATED = "_ManagedHTTPClient__isolated"
APP_TOKENS, APP_TOKENS_S = 3, 60.0
ANSWER_S = 8.0
"""Seconds that Twitch gets for an answer; a refresh holds its row for as long."""
GOODBYE_S = 1.0
"""Seconds that Twitch has to answer when we close a socket."""


def point(settings: TwitchSettings) -> None:
    """Let the library talk to the addresses of the settings, which it keeps in two classes and a module; and sockets
    that it lost be sought by our clock.
    """
    Route.BASE = settings.api_base.rstrip("/") + "/"
    Route.ID_BASE = settings.id_base.rstrip("/") + "/"
    websockets.WSS = settings.eventsub
    websockets.Backoff = Patience  # type: ignore[assignment, attr-defined]


class Patience(backoff.Reconnecting):
    """In place of the library's, which grows to 90 s within four tries, and goes on there with the next loss."""

    def __init__(self, *, base: int = 1, maximum_time: float = 0.0) -> None:  # noqa: ARG002  # as the library calls it
        super().__init__()

    def calculate(self) -> float:
        """See `Reconnecting.next_s`."""
        return self.next_s()


def session() -> aiohttp.ClientSession:
    """Connections for a client's requests; whoever opens it closes it."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S))


def keep_tokens(client: twitchio.Client, keeper: Keeper, settings: TwitchSettings, wire: aiohttp.ClientSession) -> None:
    """Let every refresh of the client go by the keeper, so that the pair is stored before it is used.

    Raises:
        Misconfigured: the library is another one than this was written for.
    """
    parts = vars(client.http)
    if _ISOLATED not in parts:
        raise Misconfigured(
            text("This version of twitchio can't be used."), hint=text("Install the one of requirements.lock.")
        )
    parts[_ISOLATED] = _KeptOAuth(keeper, settings, wire)


def limit_app_tokens(client: twitchio.Client) -> None:
    """Keep the library from asking for application token after application token when each new one is refused."""
    ask = client.http.client_credentials_token
    asked: deque[float] = deque(maxlen=APP_TOKENS)

    async def limited() -> Any:
        now_s = time.monotonic()
        if len(asked) == APP_TOKENS and now_s - asked[0] < APP_TOKENS_S:
            raise twitchio.HTTPException("Each token is refused.", status=403, extra="each token is refused")
        asked.append(now_s)
        return await ask()

    vars(client.http)["client_credentials_token"] = limited


def model_of(kind: str, body: Mapping[str, Any], headers: Mapping[str, str], http: Any) -> Any:
    """An event that came by HTTP as the library's model, like those of the websocket. Raises ValueError, KeyError."""
    return create_event_instance(kind, dict(body), http=http, headers=dict(headers))  # type: ignore[arg-type]


class _KeptOAuth(OAuth):
    """The library's way to validate and refresh user tokens, with our ledger in the middle.

    Whatever fails becomes an HTTPException: anything else would end the library's validation loop for good.
    """

    def __init__(self, keeper: Keeper, settings: TwitchSettings, wire: aiohttp.ClientSession) -> None:
        super().__init__(client_id=settings.client_id or "", client_secret=settings.client_secret, session=wire)
        self._keeper = keeper

    async def request(self, route: Route) -> Any:
        try:
            return await super().request(route)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise twitchio.HTTPException("No answer.", status=503, extra=type(error).__name__) from error

    async def refresh_token(self, refresh_token: str, /) -> RefreshTokenPayload:
        return RefreshTokenPayload(await self._keeper.refreshed(refresh_token, self._ask))  # type: ignore[arg-type]

    async def _ask(self, refresh_token: str) -> Pair:
        found = await super().refresh_token(refresh_token)
        scopes = [found.scope] if isinstance(found.scope, str) else list(found.scope)
        return Pair(found.access_token, found.refresh_token, scopes, found.expires_in)


def lost_sockets(client: twitchio.Client) -> list[str]:
    """EventSub sockets that are not connected at this moment; the library is at it, unless it stays so."""
    return [str(socket) for socket in _sockets(client) if not socket.connected]


def silent_sockets(client: twitchio.Client, after_s: float) -> list[websockets.Websocket]:
    """EventSub sockets from which nothing came for longer, but for those that the library is replacing already."""
    now = datetime.now()  # noqa: DTZ005  # the library notes the time so
    return [
        socket
        for socket in _sockets(client)
        if socket.connected
        and not socket._connecting  # noqa: SLF001
        and socket._last_keepalive is not None  # noqa: SLF001
        and (now - socket._last_keepalive).total_seconds() > after_s  # noqa: SLF001
    ]


def drop_closed_sockets(client: twitchio.Client) -> None:
    """Forget EventSub sockets that are closed for good, so that what they were for is seen to be missing.

    The library looks for one under its newest id; once it has brought it back, it keeps it under an older one.
    """
    for sockets in client._websockets.values():  # noqa: SLF001
        for name in [name for name, socket in sockets.items() if socket._closed]:  # noqa: SLF001
            del sockets[name]


async def let_go(client: twitchio.Client) -> None:
    """Close a client with all that it has open; nothing of it goes on after that.

    The library seeks a socket that it lost until it is there, also when its client has been closed long before.
    """
    await end([task for socket in _sockets(client) for task in socket._connection_tasks])  # noqa: SLF001
    await asyncio.gather(*(_part(socket) for socket in _sockets(client)))
    await client.close(save_tokens=False)


async def _part(socket: websockets.Websocket) -> None:
    """Close a socket, and don't wait long for the answer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            await socket.close()


def _sockets(client: twitchio.Client) -> list[websockets.Websocket]:
    return [socket for sockets in client._websockets.values() for socket in sockets.values()]  # noqa: SLF001
