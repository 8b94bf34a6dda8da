"""Signing in as the bot's account by OAuth 2 with PKCE, without an address of ours: the browser is sent to one where
nobody listens, and the person copies from its address bar what X wrote there.
"""

import re
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from asyncpg import Pool
from oauthlib.oauth2 import AccessDeniedError, MismatchingStateError, OAuth2Error, WebApplicationClient

from bot.adapters.x import keys
from bot.adapters.x.client import Account, Body, connected
from bot.adapters.x.keys import PROVIDER, PURPOSE, SCOPES, Accounts, Given
from bot.adapters.x.limits import Limits
from clipnet.clock import Clock
from clipnet.crypto import read_key_ring
from clipnet.errors import BadInput, Misconfigured, NotAllowed
from clipnet.texts import text
from db import tokens
from db.pool import transaction
from db.tokens import TokenKey

AUTHORIZE: Final = "https://x.com/i/oauth2/authorize"
REDIRECT: Final = "https://127.0.0.1/clipnet"
"""Nobody listens there; the app's settings have to name it, letter by letter."""
CODE_LIFE_S: Final = 30
VERIFIER_LENGTH: Final = 64
_CODE = re.compile(r"[\w~.-]{8,500}", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class SignIn:
    """One way through X's consent page: `url` is for the person, the rest stays in this process."""

    url: str
    state: str
    verifier: str


def begin(client_id: str) -> SignIn:
    """Begin; what comes back fits this beginning alone."""
    client = WebApplicationClient(client_id)
    state, verifier = secrets.token_urlsafe(32), str(client.create_code_verifier(VERIFIER_LENGTH))
    url = client.prepare_request_uri(
        AUTHORIZE,
        redirect_uri=REDIRECT,
        scope=list(SCOPES),
        state=state,
        code_challenge=client.create_code_challenge(verifier, "S256"),
        code_challenge_method="S256",
    )
    return SignIn(str(url), state, verifier)


def code_in(begun: SignIn, pasted: str) -> str:
    """The code of the address that the browser ended at, or the code alone, which the verifier binds to us as well.

    Raises:
        NotAllowed: the person said no.
        BadInput: there is no code in it, or it is another sign-in's.
    """
    if _CODE.fullmatch(pasted):
        return pasted
    try:
        query = urlsplit(pasted).query
        given = parse_qs(query)
        if "code" not in given and "error" not in given:
            raise _no_code()
        found = WebApplicationClient("").parse_request_uri_response(f"{REDIRECT}?{query}", state=begun.state)
    except MismatchingStateError:
        raise BadInput(
            text("That address doesn't belong to this sign-in."),
            hint=text("Open the newest link, and paste where it ends."),
        ) from None
    except AccessDeniedError:
        raise NotAllowed(
            text("The consent wasn't given."), hint=text("Open the link again, and authorize the app.")
        ) from None
    except (OAuth2Error, ValueError):
        raise _no_code() from None
    return str(found["code"])


def _no_code() -> BadInput:
    return BadInput(
        text("There is no code in that."),
        hint=text("Paste the whole address, which begins with {address}", address=f"{REDIRECT}?"),
    )


async def finish(settings: Accounts, pool: Pool, user_id: int, begun: SignIn, pasted: str, clock: Clock) -> Account:
    """Exchange the code, see whose account it is, and keep its tokens in place of any before.

    Raises:
        BadInput, NotAllowed: as `code_in`; X takes no such code (any more), or the rights don't suffice.
        Unavailable: X is away.
    """
    if not settings.adapters.token_keys:
        raise Misconfigured(
            text("TOKEN_KEYS is not set, which seals what X gives."), hint=text("Say “clipnet setup --again keys”.")
        )
    ring = read_key_ring(settings.adapters.token_keys)
    fresh = await _exchanged(settings, begun, code_in(begun, pasted), clock)
    if lacks := [scope for scope in SCOPES if scope not in keys.granted(fresh)]:
        raise NotAllowed(
            text("The consent lacks {rights}.", rights=", ".join(lacks)),
            hint=text("Give the app read and write permission."),
        )
    if not fresh.get("refresh_token"):
        raise NotAllowed(text("X gave nothing to renew the sign-in with."), hint=text("Open the link again."))
    async with connected(settings.x, Given(str(fresh["access_token"])), Limits(clock), clock) as x:
        account = await x.me()
    key = TokenKey(user_id, PROVIDER, PURPOSE, account.id)
    async with transaction(pool) as conn:
        await tokens.forget_others(conn, key)
        await tokens.put(
            conn,
            ring,
            key,
            access=str(fresh["access_token"]),
            refresh=str(fresh["refresh_token"]),
            scopes=keys.granted(fresh),
            expires_at=clock.now() + keys.life(fresh),
        )
    return account


async def _exchanged(settings: Accounts, begun: SignIn, code: str, clock: Clock) -> Body:
    async with connected(settings.x, keys.Signing(), Limits(clock), clock) as x:
        try:
            return await x.tokens(
                grant_type="authorization_code", code=code, redirect_uri=REDIRECT, code_verifier=begun.verifier
            )
        except BadInput:
            raise BadInput(
                text("X doesn't take that code."),
                hint=text("It holds for {n} seconds and works once: open the new link, and be quick.", n=CODE_LIFE_S),
            ) from None
        except NotAllowed as error:
            raise NotAllowed(
                text("X refuses the app's client id or secret."),
                hint=text("Copy both anew from “Keys and tokens”, below “OAuth 2.0”."),
            ) from error
