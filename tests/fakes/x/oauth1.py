"""Requests signed with OAuth 1.0a: the signature recomputed, the timestamp's window, each nonce once."""

import secrets
from types import SimpleNamespace
from typing import NamedTuple

from oauthlib.oauth1.rfc5849 import signature
from oauthlib.oauth1.rfc5849.utils import parse_authorization_header, unescape

from clipnet.clock import Clock
from tests.fakes.server import Call
from tests.fakes.x.problems import unauthorized
from tests.fakes.x.world import User

WINDOW_S = 300
HOSTS = ("api.twitter.com", "api.x.com")
_REQUIRED = ("consumer_key", "token", "signature_method", "signature", "timestamp", "nonce")


class Token(NamedTuple):
    """An account's access token and its secret, as the developer console hands them out."""

    token: str
    secret: str


class OAuth1:
    """The keys of one app and the tokens of the accounts that let it in.

    Clients sign with their machine's clock, so `clock` is the machine's own unless a test plays a wrong one.
    """

    def __init__(self, consumer_key: str, consumer_secret: str, clock: Clock) -> None:
        self.consumer_key = consumer_key
        self.consumer_secret = consumer_secret
        self.clock = clock
        self._tokens: dict[str, tuple[Token, User]] = {}
        self._nonces: set[tuple[str, str]] = set()

    def issue(self, user: User) -> Token:
        """A token with which the app may act for this account."""
        token = Token(f"{user.id}-{secrets.token_urlsafe(18)}", secrets.token_urlsafe(32))
        self._tokens[token.token] = (token, user)
        return token

    def withdraw(self, token: str) -> None:
        """The account takes back what it allowed."""
        self._tokens.pop(token, None)

    def user(self, call: Call) -> User:
        """Who signed this request; a refusal when nobody did so rightly."""
        try:
            given = {name: unescape(value) for name, value in parse_authorization_header(call.headers["Authorization"])}
        except ValueError:
            raise unauthorized("the OAuth 1.0a header is malformed") from None
        lacking = [name for name in _REQUIRED if not given.get(f"oauth_{name}")]
        if lacking:
            raise unauthorized(f"the OAuth 1.0a header lacks {', '.join(lacking)}")
        if given["oauth_consumer_key"] != self.consumer_key:
            raise unauthorized("the consumer key is none of this app's")
        if given["oauth_token"] not in self._tokens:
            raise unauthorized()
        token, user = self._tokens[given["oauth_token"]]
        self._check_freshness(given)
        if given["oauth_signature_method"] != "HMAC-SHA1" or not self._signed(call, given, token):
            raise unauthorized("the OAuth 1.0a signature is not that of this request")
        return user

    def _check_freshness(self, given: dict[str, str]) -> None:
        now = self.clock.now().timestamp()
        if not given["oauth_timestamp"].isdecimal() or abs(now - int(given["oauth_timestamp"])) > WINDOW_S:
            raise unauthorized("the OAuth 1.0a timestamp is out of bounds")
        used = (given["oauth_timestamp"], given["oauth_nonce"])
        if used in self._nonces:
            raise unauthorized("the OAuth 1.0a nonce was used before")
        self._nonces.add(used)

    def _signed(self, call: Call, given: dict[str, str], token: Token) -> bool:
        host = call.headers.get("Host", "")
        scheme = "https" if host in HOSTS else "http"
        path, _, query = (call.request.raw_path if call.request else call.path).partition("?")
        form = call.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")
        signed = SimpleNamespace(
            http_method=call.method,
            uri=f"{scheme}://{host}{path}",
            params=signature.collect_parameters(
                uri_query=query,
                body=call.body.decode() if form else None,
                headers={"Authorization": call.headers["Authorization"]},
            ),
            signature=given["oauth_signature"],
        )
        return bool(signature.verify_hmac_sha1(signed, self.consumer_secret, token.secret))
