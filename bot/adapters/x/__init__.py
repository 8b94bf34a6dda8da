"""X: mentions by polling or webhook, answered once, with the clip or a link to it."""

from bot.adapters.base import Presence
from bot.adapters.x import keys
from bot.adapters.x.adapter import XAdapter, oldest
from bot.adapters.x.limits import Limits
from bot.adapters.x.listening import Listener
from bot.adapters.x.webhook import XHook
from bot.router import Router
from clipnet.clock import Clock, SystemClock
from clipnet.errors import Misconfigured


def join(router: Router, clock: Clock | None = None) -> Presence:
    """The platform as the api runs it; see `bot.adapters.table`. Raises `Misconfigured`."""
    settings = router.services.settings
    if lacks := keys.lacking(settings):
        return Presence(lacks=lacks)
    clock = clock or SystemClock()
    secret = settings.x.consumer_secret
    if settings.x.transport == "webhook" and not (secret and settings.x.consumer_key and settings.web.base_url):
        raise Misconfigured("X_TRANSPORT=webhook needs X_CONSUMER_KEY, X_CONSUMER_SECRET and API_BASE_URL.")
    listener = Listener(router, Limits(clock), oldest(settings))
    hook = XHook(listener, secret) if secret and settings.x.transport == "webhook" else None
    return Presence(XAdapter(settings, listener, clock), hook)
