"""The step on X: the keys of the bot's account."""

from bot.adapters.x import checks
from bot.adapters.x.client import Account
from clipnet.cli.setup.desk import Desk
from clipnet.errors import BadInput, ClipNetError, Conflict
from db import communities
from db.pool import transaction

PLATFORM = "x"

PORTAL = "https://developer.x.com/en/portal/dashboard"
ASKED = {
    "consumer_key": ("X_CONSUMER_KEY", "The app's API key:"),
    "consumer_secret": ("X_CONSUMER_SECRET", "Its secret (it is not shown):"),
    "access_token": ("X_ACCESS_TOKEN", "The access token of the bot's account (it is not shown):"),
    "access_secret": ("X_ACCESS_SECRET", "The access token's secret (it is not shown):"),
}


async def keys(desk: Desk) -> None:
    """The four keys with which the bot's account acts on X."""
    settings = desk.settings.x
    if all(getattr(settings, name) for name in ASKED):
        try:
            await _known(desk, await checks.me(settings))
        except ClipNetError as error:
            desk.bad(error)
        else:
            return
    desk.tell(f"Open {PORTAL}, and take from “Keys and tokens” of an app with read and write permission:")
    while True:
        given = {
            name: await desk.ask(f"x.{name}", question, secret=name != "consumer_key")
            for name, (_, question) in ASKED.items()
        }
        try:
            if not all(given.values()):
                raise BadInput("All four are needed.", hint="Make the access token after the permission is set.")
            who = await checks.me(settings.model_copy(update=given))
        except ClipNetError as error:
            desk.bad(error)
            continue
        desk.values.put({ASKED[name][0]: value for name, value in given.items()})
        await _known(desk, who)
        return


async def _known(desk: Desk, who: Account) -> None:
    """The account is the community's: who asks there asks in it. Raises `Conflict` when it is another's."""
    desk.good(f"X knows the bot as @{who.username}.")
    await desk.keep("x", x_account=who.username)
    community = desk.found.get("community")
    if community is None:
        desk.tell("What is asked on X belongs to no community yet; once there is one, say clipnet setup --again x.")
        return
    async with transaction(desk.base.queue.pool) as conn:
        await communities.join(conn, int(community), PLATFORM, who.id)
        home = await communities.at_place(conn, PLATFORM, who.id)
    if home is None or home.id != int(community):
        raise Conflict(
            "What is asked on X belongs to another community.", hint="One account of the bot serves one community."
        )
