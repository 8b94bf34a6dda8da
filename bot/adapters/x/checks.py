"""What is right and wrong about ClipNet's account on X."""

from bot.adapters.x.checkup import LABEL, examine
from bot.adapters.x.client import Account, connected
from bot.adapters.x.keys import Signing
from bot.adapters.x.limits import Limits
from bot.installation import Installation
from clipnet.clock import SystemClock
from clipnet.errors import ClipNetError, Unavailable
from clipnet.finding import Finding
from clipnet.platform_settings import XSettings

PART = "x"


async def me(settings: XSettings) -> Account:
    """The account whose keys these are. Raises `NotAllowed`, `BadInput` or `Unavailable`."""
    clock = SystemClock()
    async with connected(settings, Signing(), Limits(clock), clock) as x:
        return await x.me()


async def check(installation: Installation) -> list[Finding]:
    """The account, and how mentions arrive."""
    settings = installation.x
    keys = (settings.consumer_key, settings.consumer_secret, settings.access_token, settings.access_secret)
    if not any((*keys, settings.client_id)):
        return [Finding(PART, "note", "off: no keys of X are set", "clipnet setup leads through it.")]
    found = await (_signing(settings) if all(keys) else _connected(installation))
    return [found, _address(installation)] if found.state == "good" else [found]


async def _signing(settings: XSettings) -> Finding:
    try:
        return Finding(PART, "good", f"acts as @{(await me(settings)).username}", LABEL)
    except Unavailable as error:
        return Finding(PART, "bad", error.sentence, "See that X can be reached from here, and try again.")
    except ClipNetError as error:
        return Finding(PART, "bad", error.sentence, error.hint)


async def _connected(installation: Installation) -> Finding:
    """An account that was connected by OAuth 2, whose token stands in the ledger."""
    if installation.pool is None:
        return Finding(PART, "note", "the account stands in the database, which was not given")
    seen = await examine(installation, installation.pool, SystemClock())
    return Finding(PART, "bad" if seen.state == "note" else seen.state, seen.saw, seen.mend)


def _address(installation: Installation) -> Finding:
    part = f"{PART} address"
    if installation.x.transport == "polling":
        return Finding(part, "good", f"asked for every {installation.x.poll_s:g} s: no public address is needed")
    if not installation.public or not installation.x.consumer_secret:
        return Finding(
            part,
            "bad",
            "X_TRANSPORT is webhook, which needs a public https address and X_CONSUMER_SECRET",
            "Set them; or set X_TRANSPORT=polling, which needs neither.",
        )
    return Finding(part, "good", f"by webhook at {(installation.base_url or '').rstrip('/')}/hooks/x")
