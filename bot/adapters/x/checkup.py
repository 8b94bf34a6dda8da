"""What `clipnet doctor` says of X: whether the bot's account can be used, and what only its owner can see to."""

from dataclasses import dataclass
from typing import Literal

from asyncpg import Pool

from bot.adapters.x import keys
from bot.adapters.x.client import connected
from bot.adapters.x.keys import SCOPES, Accounts, Kept
from bot.adapters.x.limits import Limits
from clipnet.clock import Clock
from clipnet.errors import ClipNetError

LABEL = "See that its profile bears the label of an automated account, as X demands."


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was seen; `mend` says what to do, or what else to see to."""

    state: Literal["good", "note", "bad"]
    saw: str
    mend: str = ""


async def examine(settings: Accounts, pool: Pool, clock: Clock) -> Checkup:
    """Ask X who the bot is, and look what its token may do. OAuth 1.0a tells of no scopes: they are the app's."""
    if lacks := keys.lacking(settings):
        return Checkup("note", "off", f"{lacks}.")
    try:
        found = await keys.find(settings, pool, clock)
        async with connected(settings.x, found, Limits(clock), clock) as x:
            me = await x.me()
    except ClipNetError as error:
        return Checkup("bad", error.sentence, error.hint)
    if isinstance(found, Kept):
        without = [scope for scope in SCOPES if scope not in found.token.scopes]
        if without:
            return Checkup(
                "bad", f"@{me.username}, without {', '.join(without)}", "Sign in again as the bot's account."
            )
        return Checkup("good", f"@{me.username} by OAuth 2", LABEL)
    return Checkup("good", f"@{me.username} by OAuth 1.0a", f"The app needs the right to read and write. {LABEL}")
