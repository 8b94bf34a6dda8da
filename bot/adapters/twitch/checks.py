"""What is right and wrong about ClipNet's application and accounts on Twitch."""

from dataclasses import dataclass

import aiohttp
import twitchio

from bot.adapters.twitch.check import examine
from bot.adapters.twitch.client import away, logged_in
from bot.installation import Installation
from clipnet.crypto import read_key_ring
from clipnet.errors import ClipNetError, Misconfigured, NotFound, Unavailable
from clipnet.finding import Finding
from clipnet.platform_settings import TwitchSettings
from clipnet.texts import text

PART = "twitch"


@dataclass(frozen=True, slots=True)
class Account:
    """An account of Twitch."""

    id: str
    login: str


async def application(settings: TwitchSettings) -> None:
    """See that the application's id and secret are good. Raises `Misconfigured` or `Unavailable`."""
    async with logged_in(settings):
        pass


async def account(settings: TwitchSettings, *, login: str = "", account_id: str = "") -> Account:
    """An account by its name or id. Raises `NotFound`, `Misconfigured` or `Unavailable`."""
    name = login.strip().lstrip("@").lower()
    async with logged_in(settings) as client:
        try:
            found = await (client.fetch_user(login=name) if name else client.fetch_user(id=account_id))
        except twitchio.HTTPException as error:
            if error.status not in (400, 404):
                raise away(error) from error
            found = None
        except (aiohttp.ClientError, TimeoutError) as error:
            raise away(error) from error
    if found is None:
        raise NotFound(text("Twitch knows no account “{name}”.", name=(name or account_id)[:40]))
    return Account(str(found.id), str(found.name))


async def check(installation: Installation) -> list[Finding]:
    """The application, the bot's account, the consents of the channels, and how events arrive."""
    settings = installation.twitch
    if not settings.client_id or not settings.client_secret:
        lacks = "TWITCH_CLIENT_ID" if not settings.client_id else "TWITCH_CLIENT_SECRET"
        return [Finding(PART, "note", f"off: {lacks} is not set", "clipnet setup leads through it.")]
    try:
        await application(settings)
        bot = await account(settings, account_id=settings.bot_id) if settings.bot_id else None
    except Unavailable as error:
        return [Finding(PART, "bad", error.sentence, "See that Twitch can be reached from here, and try again.")]
    except NotFound as error:
        return [Finding(PART, "bad", error.sentence, "Set TWITCH_BOT_ID to the id of the bot's account.")]
    except ClipNetError as error:
        return [Finding(PART, "bad", error.sentence, error.hint)]
    if bot is None:
        return [Finding(PART, "bad", "TWITCH_BOT_ID is not set", "clipnet setup --again twitch finds it by the name.")]
    return [
        Finding(PART, "good", f"the application is known; the bot is {bot.login}"),
        await _consents(installation),
        _address(installation),
    ]


async def _consents(installation: Installation) -> Finding:
    part = f"{PART} consents"
    try:
        read_key_ring(installation.adapters.token_keys or "")
    except Misconfigured as error:
        return Finding(part, "bad", error.sentence, "clipnet setup --again keys makes one.")
    if installation.pool is None:
        return Finding(part, "note", "not looked at: they stand in the database, which was not given")
    seen = await examine(installation, installation.pool)
    return Finding(part, "bad" if seen.todo else "good", seen.saw, seen.todo)


def _address(installation: Installation) -> Finding:
    part = f"{PART} address"
    if installation.twitch.transport == "websocket":
        return Finding(part, "good", "by websocket: no public address is needed")
    if not installation.public or not installation.twitch.webhook_secret:
        return Finding(
            part,
            "bad",
            "TWITCH_TRANSPORT is webhook, which needs a public https address and a secret",
            "Set API_BASE_URL and TWITCH_WEBHOOK_SECRET; or set TWITCH_TRANSPORT=websocket, which needs neither.",
        )
    return Finding(part, "good", f"by webhook at {(installation.base_url or '').rstrip('/')}/hooks/twitch")
