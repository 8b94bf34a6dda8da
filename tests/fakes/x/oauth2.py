"""Sign-in with OAuth 2: codes with PKCE, rotating refresh tokens, tokens that expire by the fake's clock."""

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from clipnet.clock import Clock
from tests.fakes.server import Call, Refusal
from tests.fakes.x.problems import invalid, oauth_error
from tests.fakes.x.wire import answer
from tests.fakes.x.world import User

CODE_LIFE_S = 30
ACCESS_LIFE_S = 7200
_AREAS = ("block", "bookmark", "dm", "follows", "like", "list", "mute", "tweet")
SCOPES = frozenset(
    [f"{area}.{action}" for area in _AREAS for action in ("read", "write")]
    + ["tweet.moderate.write", "users.email", "users.read", "offline.access", "space.read", "media.write"]
)
BOT_SCOPES = frozenset({"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"})


@dataclass(slots=True)
class Grant:
    """What an account allowed the app, and the tokens for it now; `refresh` is empty without offline.access."""

    user: User
    scopes: frozenset[str]
    access: str
    refresh: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Code:
    user: User
    scopes: frozenset[str]
    challenge: str
    method: str
    redirect_uri: str
    expires_at: datetime


class OAuth2:
    """The app's sign-in. `signed_in` is who sits before the browser that opens the authorize page, if anybody.

    Attributes:
        client_secret: empty for a public client, which names itself in the form alone.
        redirect_uris: the callback addresses of the app's settings; empty takes any.
        reused: refresh tokens that came a second time, which a client with one refresher never lets happen.
    """

    def __init__(self, client_id: str, client_secret: str, clock: Clock) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.redirect_uris: set[str] = set()
        self.signed_in: User | None = None
        self.reused: list[str] = []
        self._clock = clock
        self._codes: dict[str, _Code] = {}
        self._used_refresh: set[str] = set()
        self.grants: list[Grant] = []

    def issue(self, user: User, scopes: frozenset[str] = BOT_SCOPES) -> Grant:
        """Tokens for this account, as if it had signed in."""
        grant = Grant(user, scopes, "", "", self._clock.now())
        self._renew(grant)
        self.grants.append(grant)
        return grant

    def grant(self, access: str) -> Grant | None:
        """What an access token stands for, while it holds."""
        now = self._clock.now()
        return next((one for one in self.grants if one.access == access and one.expires_at > now), None)

    def withdraw(self, user: User) -> None:
        """The account takes back what it allowed: all its tokens die."""
        self.grants = [one for one in self.grants if one.user is not user]

    def authorize(self, user: User, url: str, *, deny: bool = False) -> str:
        """The person opens `url` and agrees (or denies); returns where X sends the browser.

        Raises:
            Refusal: the URL is not one that X would show a consent page for.
        """
        given = dict(parse_qsl(urlsplit(url).query))
        self.check_authorize(given)
        state = {"state": given["state"]}
        if deny:
            return _with_query(given["redirect_uri"], {"error": "access_denied"} | state)
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(
            user,
            frozenset(given["scope"].split()),
            given["code_challenge"],
            given["code_challenge_method"],
            given["redirect_uri"],
            self._clock.now() + timedelta(seconds=CODE_LIFE_S),
        )
        return _with_query(given["redirect_uri"], state | {"code": code})

    def check_authorize(self, given: dict[str, str]) -> None:
        """Refuse an authorize URL that lacks a parameter or has a wrong one."""
        needed = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge")
        wrong = [(name, "", f"{name} is missing") for name in needed if not given.get(name)]
        if not wrong:
            unknown = sorted(set(given["scope"].split()) - SCOPES)
            tests = (
                ("response_type", given["response_type"] == "code"),
                ("client_id", given["client_id"] == self.client_id),
                ("redirect_uri", not self.redirect_uris or given["redirect_uri"] in self.redirect_uris),
                ("state", len(given["state"]) <= 500),
                ("code_challenge", 43 <= len(given["code_challenge"]) <= 128),
                ("code_challenge_method", given.get("code_challenge_method") == "S256"),
                ("scope", not unknown),
            )
            wrong = [(name, given.get(name, ""), f"{name} is not valid") for name, right in tests if not right]
        if wrong:
            raise invalid(*wrong)

    async def page(self, call: Call) -> web.StreamResponse:
        """GET /i/oauth2/authorize: who is signed in agrees at once; nobody signed in sees a page."""
        self.check_authorize(call.query)
        if self.signed_in is None:
            return web.Response(text="<title>Authorize app</title>", content_type="text/html")
        where = self.authorize(self.signed_in, f"?{urlencode(call.query)}")
        return web.Response(status=302, headers={"Location": where})

    async def token(self, call: Call) -> web.StreamResponse:
        """POST /2/oauth2/token."""
        form = read_form(call)
        self._check_client(call, form)
        match form.get("grant_type"):
            case "authorization_code":
                grant = self._redeem(form)
            case "refresh_token":
                grant = self._refresh(form)
            case other:
                raise oauth_error(400, "unsupported_grant_type", f"{other}", violation=f"grant_type {other}")
        body = {
            "token_type": "bearer",
            "expires_in": ACCESS_LIFE_S,
            "access_token": grant.access,
            "scope": " ".join(sorted(grant.scopes)),
        }
        return answer(body | ({"refresh_token": grant.refresh} if grant.refresh else {}))

    async def revoke(self, call: Call) -> web.StreamResponse:
        """POST /2/oauth2/revoke: of an access or refresh token; both die."""
        form = read_form(call)
        self._check_client(call, form)
        if not form.get("token"):
            raise oauth_error(400, "invalid_request", "Missing required parameter [token].", violation="no token")
        self.grants = [one for one in self.grants if form["token"] not in (one.access, one.refresh)]
        return answer({"revoked": True})

    def _check_client(self, call: Call, form: dict[str, str]) -> None:
        given = basic_credentials(call)
        if given != ((self.client_id, self.client_secret) if self.client_secret else None):
            raise oauth_error(
                401, "unauthorized_client", "Missing valid authorization header", violation="no Basic authorization"
            )
        if form.get("client_id", self.client_id if self.client_secret else "") != self.client_id:
            raise oauth_error(400, "invalid_request", "Value passed for client_id was invalid.", violation="client_id")

    def _redeem(self, form: dict[str, str]) -> Grant:
        for name in ("code", "redirect_uri", "code_verifier"):
            if not form.get(name):
                raise oauth_error(
                    400, "invalid_request", f"Missing required parameter [{name}].", violation=f"no {name}"
                )
        code = self._codes.pop(form["code"], None)
        if code is None or code.expires_at <= self._clock.now():
            raise oauth_error(400, "invalid_request", "Value passed for the authorization code was invalid.")
        if form["redirect_uri"] != code.redirect_uri:
            text = "Value passed for the redirect uri did not match the uri of the authorization code."
            raise oauth_error(400, "invalid_request", text, violation="another redirect_uri than at the authorize page")
        if challenge(form["code_verifier"]) != code.challenge:
            text = "Value passed for the code verifier did not match the code challenge."
            raise oauth_error(400, "invalid_request", text, violation="the code_verifier does not match the challenge")
        return self.issue(code.user, code.scopes)

    def _refresh(self, form: dict[str, str]) -> Grant:
        token = form.get("refresh_token", "")
        if not token:
            text = "Missing required parameter [refresh_token]."
            raise oauth_error(400, "invalid_request", text, violation="no refresh_token")
        if token in self._used_refresh:
            self.reused.append(token)
        grant = next((one for one in self.grants if one.refresh == token), None)
        if grant is None:
            raise oauth_error(400, "invalid_request", "Value passed for the token was invalid.")
        self._used_refresh.add(token)
        self._renew(grant)
        return grant

    def _renew(self, grant: Grant) -> None:
        grant.access = secrets.token_urlsafe(32)
        grant.refresh = secrets.token_urlsafe(32) if "offline.access" in grant.scopes else ""
        grant.expires_at = self._clock.now() + timedelta(seconds=ACCESS_LIFE_S)


class AppOnly:
    """The app's own bearer token, which acts for nobody."""

    def __init__(self, consumer_key: str, consumer_secret: str) -> None:
        self.bearer = f"AAAA{secrets.token_hex(40)}"
        self._credentials = (consumer_key, consumer_secret)

    async def token(self, call: Call) -> web.StreamResponse:
        """POST /oauth2/token with the consumer key and secret."""
        form = read_form(call)
        if basic_credentials(call) != self._credentials:
            error = {"code": 99, "message": "Unable to verify your credentials", "label": "authenticity_token_error"}
            raise Refusal(403, {"errors": [error]}, violation="the app's credentials are wrong")
        if form.get("grant_type") != "client_credentials":
            error = {
                "code": 170,
                "message": "Missing required parameter: grant_type",
                "label": "forbidden_missing_parameter",
            }
            raise Refusal(403, {"errors": [error]}, violation="grant_type is not client_credentials")
        return answer({"token_type": "bearer", "access_token": self.bearer})


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def basic_credentials(call: Call) -> tuple[str, str] | None:
    """User and password of a Basic authorization."""
    scheme, _, encoded = call.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password


def read_form(call: Call) -> dict[str, str]:
    """A form-encoded body; any other is refused."""
    if not call.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
        raise oauth_error(
            400, "invalid_request", "The body is not form-encoded.", violation="the body is not form-encoded"
        )
    return {name: values[0] for name, values in parse_qs(call.body.decode()).items()}


def _with_query(url: str, more: dict[str, str]) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(dict(parse_qsl(parts.query)) | more)))
