"""The step on X: whom the bot acts as, by signing in (OAuth 2) or by four keys (OAuth 1.0a)."""

from typing import Literal

from bot.adapters.x import checks, checkup, keys, sign_in
from bot.adapters.x.client import Account
from clipnet.cli.setup.desk import Desk
from clipnet.clock import SystemClock
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
KEYS_ALONE = {"X_ACCESS_TOKEN": "", "X_ACCESS_SECRET": ""}
"""What has to be empty for a sign-in to hold."""
Way = Literal["keys", "sign-in"]


async def account(desk: Desk) -> None:
    """An account that X lets ClipNet act as, and which is this community's from here on."""
    if not keys.lacking(desk.settings) and (known := await _known(desk)):
        await _bind(desk, known)
        return
    desk.tell("The bot posts with an account of its own on X, which serves one community: yours.")
    desk.tell("keys: four keys of the account that made the app. They hold until you change them.")
    desk.tell("sign-in: any account, by X's own page. X wants it again where a renewal is lost, which is rare.")
    way = await desk.until("x.by", "Which of the two? (keys/sign-in; Enter for keys)", _way)
    await _bind(desk, await (_signed_in(desk) if way == "sign-in" else _by_keys(desk)))


async def _way(answer: str) -> Way:
    match answer.lower():
        case "" | "keys":
            return "keys"
        case "sign-in" | "sign in" | "signin":
            return "sign-in"
    raise BadInput("Please answer keys or sign-in.")


async def _known(desk: Desk) -> Account | None:
    """Whom the credentials are of that there are already; None when they don't hold, or are to be changed."""
    try:
        who, _ = await checkup.account(desk.settings, desk.base.queue.pool, SystemClock())
    except ClipNetError as error:
        desk.bad(error)
        return None
    if PLATFORM in desk.again and not await desk.agree("x.keep", f"X knows the bot as @{who.username}. Keep it?"):
        return None
    return who


async def _by_keys(desk: Desk) -> Account:
    desk.tell(f"Open {PORTAL}, and take from “Keys and tokens” of an app with read and write permission:")
    while True:
        given = {
            name: await desk.ask(f"x.{name}", question, secret=name != "consumer_key")
            for name, (_, question) in ASKED.items()
        }
        try:
            if not all(given.values()):
                raise BadInput("All four are needed.", hint="Make the access token after the permission is set.")
            who = await checks.me(desk.settings.x.model_copy(update=given))
        except ClipNetError as error:
            desk.bad(error)
            continue
        desk.values.put({ASKED[name][0]: value for name, value in given.items()})
        return who


async def _signed_in(desk: Desk) -> Account:
    """Lead somebody over X's page until they consented; nothing has to reach us from there."""
    await _client(desk, anew=PLATFORM in desk.again)
    while True:
        begun = sign_in.begin(desk.settings.x.client_id or "")
        desk.tell(f"Signed in with X as the bot's account, open {begun.url}")
        desk.tell(
            "Authorize the app. The browser then says that it can't open the page, which is right: copy its whole"
            f" address from the bar. Be quick, it holds for {sign_in.CODE_LIFE_S} seconds."
        )
        pasted = await desk.ask(
            "x.address", "The address (not shown; “client” asks for the app's id anew):", secret=True
        )
        if pasted.lower() == "client":
            await _client(desk, anew=True)
            continue
        try:
            return await sign_in.finish(desk.settings, desk.base.queue.pool, desk.user_id, begun, pasted, SystemClock())
        except ClipNetError as error:
            desk.bad(error)


async def _client(desk: Desk, *, anew: bool) -> None:
    """The app's OAuth 2 client; whether it is right shows only when a code is exchanged."""
    x = desk.settings.x
    if anew or not x.client_id:
        desk.tell(
            f"Open {PORTAL}, and in your app “User authentication settings”: read and write, type “Web App”,"
            f" callback {sign_in.REDIRECT}. Take the OAuth 2.0 client id and secret from there:"
        )
        client_id = await desk.ask("x.client_id", "The client id:")
        secret = await desk.ask("x.client_secret", "Its secret (not shown; empty for a public client):", secret=True)
        desk.values.put({"X_CLIENT_ID": client_id, "X_CLIENT_SECRET": secret})
    if x.access_token or x.access_secret:
        desk.tell("X_ACCESS_TOKEN and X_ACCESS_SECRET would go first: they have to be empty.")
        desk.values.put(KEYS_ALONE)


async def _bind(desk: Desk, who: Account) -> None:
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
            f"What is asked of @{who.username} belongs to another community: {home.name if home else '?'}.",
            hint="One account of the bot serves one community, and one installation acts as one account: this"
            " community needs an installation of its own.",
        )
    desk.good("What is asked of it on X is asked in this community, and in no other.")
