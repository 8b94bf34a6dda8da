"""twitchio's client as ClipNet runs it: no web server, tokens from the ledger, every event to one pair of ears."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import twitchio
from loguru import logger

from bot.adapters.twitch import library
from bot.adapters.twitch.keeping import Keeper
from clipnet.ending import whole
from clipnet.errors import ClipNetError, Misconfigured, Unavailable
from clipnet.platform_settings import TwitchSettings
from clipnet.texts import text

Hear = Callable[[str, Any], None]
OURS = frozenset({"message", "message_delete", "chat_clear_user", "stream_online", "stream_offline"})
"""twitchio's names of the events that are heard; what else it dispatches is its own matter."""


class Client(twitchio.Client):
    """A logged-in client. `hear` is called for each event, in the order in which they came; it must not block.

    Attributes:
        keepalive_s: seconds within which Twitch promised to send something by each socket; 0 before there is one.
    """

    def __init__(
        self,
        settings: TwitchSettings,
        wire: aiohttp.ClientSession,
        *,
        keeper: Keeper | None = None,
        hear: Hear | None = None,
    ) -> None:
        super().__init__(
            client_id=settings.client_id or "",
            client_secret=settings.client_secret,
            bot_id=settings.bot_id,
            session=wire,
            fetch_client_user=False,
        )
        self._keeper = keeper
        self._hear = hear
        self.keepalive_s = 0.0
        library.limit_app_tokens(self)
        if keeper is not None:
            library.keep_tokens(self, keeper, settings, wire)

    async def load_tokens(self, path: str | None = None, /) -> None:  # noqa: ARG002
        """Take over what changed in the ledger: new and refreshed tokens, and those that are gone."""
        if self._keeper is None:
            return
        kept = await self._keeper.load()
        for account in set(self.tokens) - set(kept):
            await self.remove_token(account)
        for account, token in kept.items():
            held = self.tokens.get(account)
            if account not in self._keeper.troubles and (held is None or held["token"] != token.access):
                await self._take(account, token.access, token.refresh or "")

    async def doubt(self, accounts: Iterable[str]) -> None:
        """Let go of these accounts' tokens, so that the next `load_tokens` asks Twitch whether they still hold."""
        for account in accounts:
            await self.remove_token(account)

    async def _take(self, account: str, access: str, refresh: str) -> None:
        assert self._keeper is not None
        try:
            found = await self.add_token(access, refresh)
        except twitchio.HTTPException as error:
            # A refused refresh is noted by the keeper; what else fails is tried again by the next look.
            logger.info("a token of Twitch can't be used now", account=account, status=error.status)
            return
        if found.user_id != account:
            await self.remove_token(found.user_id or "")
            self._keeper.trouble(account)

    async def save_tokens(self, path: str | None = None, /) -> None:
        """Nothing: every token is in the ledger before it is used."""

    def dispatch(self, event: str, payload: Any | None = None) -> None:
        """Hand our events on at once and in order, without a task for each; leave the others to the library."""
        if self._hear is not None and event in OURS:
            self._hear(event, payload)
            return
        super().dispatch(event, payload)

    async def event_websocket_welcome(self, payload: Any) -> None:
        """A socket is open."""
        self.keepalive_s = float(payload.keepalive_timeout_seconds or self.keepalive_s)

    async def event_subscription_revoked(self, payload: Any) -> None:
        """Twitch ended a subscription."""
        if self._hear is not None:
            self._hear("revoked", payload)

    async def event_error(self, payload: twitchio.EventErrorPayload) -> None:
        """A listener of the library failed."""
        logger.opt(exception=payload.error).error("a listener of twitchio failed")


@asynccontextmanager
async def logged_in(
    settings: TwitchSettings, *, keeper: Keeper | None = None, hear: Hear | None = None
) -> AsyncIterator[Client]:
    """A client with an application token, and the accounts' tokens where there is a keeper, for this block.

    Raises:
        Misconfigured: Twitch doesn't know the application.
        Unavailable: Twitch can't be reached.
    """
    library.point(settings)
    async with library.session() as wire:
        client = Client(settings, wire, keeper=keeper, hear=hear)
        try:
            await _log_in(client)
            yield client
        finally:
            await whole(library.let_go(client))


async def _log_in(client: Client) -> None:
    try:
        await client.login(save_tokens=False)
    except twitchio.HTTPException as error:
        raise failure(error) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise away(error) from error


def failure(error: twitchio.HTTPException) -> ClipNetError:
    """What an answer to the application's own sign-in means."""
    if error.status in (400, 401, 403):
        return _refused()
    return away(error)


def away(error: BaseException) -> Unavailable:
    """Twitch doesn't answer as it should."""
    status = getattr(error, "status", None)
    retry_s = 30.0 if status == 429 else None
    return Unavailable(
        text("Twitch can't be used now ({status}).", status=status or type(error).__name__), retry_after_s=retry_s
    )


def _refused() -> Misconfigured:
    return Misconfigured(
        text("Twitch refuses this application."),
        hint=text("See that TWITCH_CLIENT_ID and TWITCH_CLIENT_SECRET belong together."),
    )
