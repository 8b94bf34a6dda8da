"""Whether those who have to consent on Twitch did, and what to do otherwise; for `doctor`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import aiohttp
import asyncpg
import twitchio
from twitchio.authentication.oauth import OAuth

from bot.adapters.twitch import library
from bot.adapters.twitch.consent import PURPOSES
from bot.adapters.twitch.keeping import BOT, BROADCASTER, PROVIDER
from clipnet.crypto import CannotOpen, read_key_ring
from clipnet.platform_settings import AdapterSettings, TwitchSettings
from db import communities, tokens
from db.tokens import Token


class Accounts(Protocol):
    """As much of the settings as consents take."""

    @property
    def twitch(self) -> TwitchSettings:
        """Twitch's own settings."""
        ...

    @property
    def adapters(self) -> AdapterSettings:
        """What seals tokens."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found; `todo` is empty when all is well."""

    saw: str
    todo: str = ""


async def examine(settings: Accounts, pool: asyncpg.Pool) -> Seen:
    """Look at the consents of the bot and of the channels that communities call theirs; changes nothing.

    Raises:
        Misconfigured: TOKEN_KEYS can't be read.
    """
    library.point(settings.twitch)
    ring = read_key_ring(settings.adapters.token_keys or "")
    try:
        kept = await tokens.of_provider(pool, ring, PROVIDER)
    except CannotOpen:
        return Seen("tokens that can't be opened", "Put the key back that sealed them: TOKEN_KEYS.")
    channels = await communities.places_of(pool, PROVIDER)
    bot = next((t for t in kept if (t.key.purpose, t.key.account_id) == (BOT, settings.twitch.bot_id)), None)
    if bot is None:
        return Seen("no consent of the bot", "The bot's account has not consented: connect twitch --as bot.")
    todo = await _wrong(settings, bot)
    if todo:
        return Seen("the bot's consent", todo)
    without = sorted(set(channels) - {t.key.account_id for t in kept if t.key.purpose == BROADCASTER})
    saw = f"the bot and {len(channels) - len(without)} of {len(channels)} channels consented"
    if without:
        saw += f"; in {', '.join(without)} the bot has to be moderator, or the broadcaster says: connect twitch"
    return Seen(saw)


async def _wrong(settings: Accounts, token: Token) -> str:
    """What is wrong with the bot's token; empty when nothing is."""
    again = "connect twitch --as bot"
    if lacks := sorted(set(PURPOSES[BOT].scopes) - set(token.scopes)):
        return f"The bot's account left out {', '.join(lacks)}: {again}."
    if token.expires_at is not None and token.expires_at <= datetime.now(UTC):
        return ""  # the api refreshes it when it starts
    async with library.session() as wire:
        oauth = OAuth(
            client_id=settings.twitch.client_id or "", client_secret=settings.twitch.client_secret, session=wire
        )
        try:
            found = await oauth.validate_token(token.access)
        except twitchio.HTTPException as error:
            if error.status == 401:
                return f"The bot's consent was taken back: {again}."
            return f"Twitch answers {error.status}: try again later."
        except (aiohttp.ClientError, TimeoutError) as error:
            return f"Twitch can't be reached ({type(error).__name__}): see the network and TWITCH_ID_BASE."
    if found.user_id != token.key.account_id:
        return f"The token is of {found.login}, not of TWITCH_BOT_ID: {again}."
    return ""
