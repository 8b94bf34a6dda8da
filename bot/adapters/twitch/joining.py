"""How Twitch takes part."""

from urllib.parse import urlsplit

from bot.adapters.base import Presence
from bot.adapters.twitch.adapter import TwitchAdapter
from bot.adapters.twitch.consent import TwitchConsent
from bot.adapters.twitch.hook import TwitchHook
from bot.router import Router
from clipnet.clock import SystemClock
from clipnet.crypto import read_key_ring
from clipnet.errors import Misconfigured
from clipnet.settings import Settings
from clipnet.texts import text


def join(router: Router) -> Presence:
    """Its adapter, and its hook where events come by HTTP. Raises `Misconfigured` for settings that don't fit."""
    settings = router.services.settings
    if lacks := _lacks(settings):
        return Presence(lacks=f"{lacks} is not set")
    ring = read_key_ring(settings.adapters.token_keys or "")
    consent = TwitchConsent(router.services, ring, SystemClock())
    adapter = TwitchAdapter(router, ring, consent=consent)
    router.services.consents[adapter.platform] = consent
    if settings.twitch.transport == "websocket":
        return Presence(adapter)
    address = urlsplit(settings.web.base_url or "")
    if (address.scheme, address.port or 443) != ("https", 443) and settings.env not in ("dev", "test"):
        raise Misconfigured(
            text("Twitch sends events to https addresses on port 443 only."),
            hint=text("Give API_BASE_URL as others reach it, or set TWITCH_TRANSPORT=websocket."),
        )
    secret = settings.twitch.webhook_secret or ""
    return Presence(adapter, TwitchHook(secret, adapter.take, SystemClock(), overhear=adapter.overhear))


def _lacks(settings: Settings) -> str | None:
    twitch = settings.twitch
    wanted = {
        "TWITCH_CLIENT_ID": twitch.client_id,
        "TWITCH_CLIENT_SECRET": twitch.client_secret,
        "TWITCH_BOT_ID": twitch.bot_id,
        "TOKEN_KEYS": settings.adapters.token_keys,
    }
    if twitch.transport == "webhook":
        wanted["TWITCH_WEBHOOK_SECRET"] = twitch.webhook_secret
        wanted["API_BASE_URL"] = settings.web.base_url
    return next((name for name, value in wanted.items() if not value), None)
