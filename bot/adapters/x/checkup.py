"""What `clipnet doctor` says of X: whether the bot's account can be used, and what only its owner can see to."""

from dataclasses import dataclass
from typing import Literal

from asyncpg import Pool

from bot.adapters.x import keys
from bot.adapters.x.client import Account, connected
from bot.adapters.x.keys import SCOPES, Accounts, Kept
from bot.adapters.x.limits import Limits
from clipnet.clock import Clock
from clipnet.errors import ClipNetError, NotAllowed
from clipnet.texts import text

LABEL = "See that its profile bears the label of an automated account, as X demands."


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was seen; `mend` says what to do, or what else to see to."""

    state: Literal["good", "note", "bad"]
    saw: str
    mend: str = ""


async def account(settings: Accounts, pool: Pool, clock: Clock) -> tuple[Account, bool]:
    """Whose credentials ClipNet has, and whether they are the four keys of OAuth 1.0a.

    Raises:
        Misconfigured: there are none; `NotAllowed`: they don't hold, or for too little; `Unavailable`: X is away.
    """
    found = await keys.find(settings, pool, clock)
    async with connected(settings.x, found, Limits(clock), clock) as x:
        me = await x.me()
    if isinstance(found, Kept) and (lacks := [scope for scope in SCOPES if scope not in found.token.scopes]):
        raise NotAllowed(
            text("The sign-in as @{name} lacks {rights}.", name=me.username, rights=", ".join(lacks)),
            hint=text("Say “clipnet setup --again x” where ClipNet runs, and sign in as the bot's account."),
        )
    return me, found.signs


async def examine(settings: Accounts, pool: Pool, clock: Clock) -> Checkup:
    """Ask X who the bot is, and look what its token may do. OAuth 1.0a tells of no scopes: they are the app's."""
    if lacks := keys.lacking(settings):
        return Checkup("note", "off", f"{lacks}.")
    try:
        me, signs = await account(settings, pool, clock)
    except ClipNetError as error:
        return Checkup("bad", error.sentence, error.hint)
    if signs:
        return Checkup("good", f"@{me.username} by OAuth 1.0a", f"The app needs the right to read and write. {LABEL}")
    return Checkup("good", f"@{me.username} by OAuth 2", LABEL)
