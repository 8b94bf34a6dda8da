"""The steps on Twitch: the application, the bot's account, the channel; consents by typing a code, with no address of
ours."""

from bot.adapters.table import join
from bot.adapters.twitch import checks
from bot.consent import Consent, Standing
from bot.router import Router
from clipnet.cli.setup.desk import Desk
from clipnet.crypto import new_key
from clipnet.errors import BadInput, ClipNetError, Conflict, Misconfigured, NotAllowed
from db import communities, rights
from db.pool import transaction
from web.serve import make_router

CONSOLE = "https://dev.twitch.tv/console/apps"
OURS = {"twitch:moderator": "moderator", "twitch:broadcaster": "owner"}
"""Twitch's own roles as ours."""


async def keys(desk: Desk) -> None:
    """The key that seals consents, made when there is none."""
    if desk.settings.adapters.token_keys:
        desk.good("There is a key that seals consents.")
        return
    if desk.values.guarded:
        raise Misconfigured(
            "TOKEN_KEYS is not set, and values aren't written down here.",
            hint="Set it to k1: followed by what `openssl rand -base64 32` prints, and say clipnet setup again.",
        )
    desk.values.put({"TOKEN_KEYS": new_key("k1")})
    desk.good("A key that seals consents was made. Keep .env: without it they have to be given anew.")


async def application(desk: Desk) -> None:
    """An application that Twitch knows, and the account that speaks for it."""
    twitch = desk.settings.twitch
    if twitch.client_id and twitch.client_secret:
        try:
            await checks.application(twitch)
        except ClipNetError as error:
            desk.bad(error)
            await _ask_application(desk)
    else:
        await _ask_application(desk)
    desk.good("Twitch knows the application.")
    if not desk.settings.twitch.bot_id:
        await desk.until("twitch.bot", "The name of the account on Twitch that shall speak:", lambda n: _bot(desk, n))


async def _ask_application(desk: Desk) -> None:
    desk.tell(f"Open {CONSOLE}, register an application (redirect URL http://localhost, which is never used).")

    while True:
        client_id = await desk.ask("twitch.client_id", "Its client id:")
        secret = await desk.ask("twitch.client_secret", "Its client secret (it is not shown):", secret=True)
        try:
            if not client_id or not secret:
                raise BadInput("Both are needed.", hint="The secret appears once, at “New Secret”.")
            update = {"client_id": client_id, "client_secret": secret}
            await checks.application(desk.settings.twitch.model_copy(update=update))
        except ClipNetError as error:
            desk.bad(error)
        else:
            desk.values.put({"TWITCH_CLIENT_ID": client_id, "TWITCH_CLIENT_SECRET": secret})
            return


async def _bot(desk: Desk, name: str) -> None:
    if not name:
        raise BadInput("A name is needed.", hint="It may be an account made for this, or your own.")
    found = await checks.account(desk.settings.twitch, login=name)
    desk.values.put({"TWITCH_BOT_ID": found.id})
    desk.good(f"{found.login} speaks for ClipNet.")
    await desk.keep("twitch", twitch_bot=found.login)


async def bot(desk: Desk) -> None:
    """The consent of the account that speaks."""
    await _consented(desk, "bot", f"as the bot’s account ({desk.found.get('twitch_bot', 'TWITCH_BOT_ID')})")


async def channel(desk: Desk) -> None:
    """The consent of a broadcaster, whose channel joins the community and counts as its own."""
    done = await _consented(desk, "broadcaster", "as the broadcaster")
    community = int(desk.found["community"])
    async with transaction(desk.base.queue.pool) as conn:
        mine = [place for platform, place in await communities.places(conn, community) if platform == "twitch"]
        if not mine:
            raise Conflict(
                "That channel belongs to another community.",
                hint="Its owner lets it go there first; then say clipnet setup --again broadcaster.",
            )
        for place in mine:
            await rights.link(conn, community, "twitch", place, done.account)
        found = await communities.get(conn, community)
        assert found is not None
        await communities.change(conn, community, {"roles": {**OURS, **found.settings.get("roles", {})}})
    await desk.keep("broadcaster", twitch_channel=done.account)


async def _consented(desk: Desk, purpose: str, who: str) -> Standing:
    """Lead somebody through the code until they consented. Raises `Skipped`."""
    consent = _consent(desk)
    before = await _standing(consent, desk, purpose)
    if before is not None and before.state == "connected" and purpose not in desk.again:
        desk.good(f"{before.account or who} consented.")
        return before
    while True:
        asked = await consent.start(desk.user_id, purpose, desk.found.get("community"))
        desk.tell(f"Open {asked.url} {who}, and type {asked.code} if it asks for a code.")
        desk.tell("ClipNet asks for: " + "; ".join(f"{k} {v}" for k, v in consent.purposes[purpose].scopes.items()))
        desk.tell("Waiting …")
        done = await desk.wait(lambda: _settled(consent, desk, purpose))
        if done is not None and done.state == "connected":
            desk.good(f"{done.account} consented.")
            return done
        note = done.note if done is not None else "nobody typed the code in time"
        desk.bad(NotAllowed("The consent wasn't given.", hint=note))
        await desk.ask(f"twitch.{purpose}.again", "Enter gives a new code, skip leaves it for later:")


def _consent(desk: Desk) -> Consent:
    router: Router = make_router(desk.services)
    join(router, ["twitch"])
    found = router.services.consents.get("twitch")
    if found is None:
        raise Misconfigured(
            f"Twitch can't be connected yet: {router.services.adapters['twitch'].note}.",
            hint="clipnet setup --again twitch asks for it.",
        )
    return found


async def _standing(consent: Consent, desk: Desk, purpose: str) -> Standing | None:
    standings = [each for each in await consent.standing(desk.user_id) if each.purpose == purpose]
    return standings[-1] if standings else None


async def _settled(consent: Consent, desk: Desk, purpose: str) -> Standing | None:
    found = await _standing(consent, desk, purpose)
    return found if found is not None and found.state != "waiting" else None
