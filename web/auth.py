"""Who may in: a bearer token for machines, a cookie made from it for the page."""

import hashlib
import hmac
import secrets
import time
from urllib.parse import urlsplit

from aiohttp import web

from clipnet.errors import ClipNetError, Misconfigured, NotAllowed

MIN_TOKEN_BYTES = 32
SESSION_S = 12 * 3600
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Unauthorised(ClipNetError):
    """Nobody we know, or not any more."""

    code = "unauthorised"
    status = 401


class Gate:
    """Checks requests against the one write token.

    A session is a time and its seal under the token: nothing is kept here, and a new token ends every session.

    Raises:
        Misconfigured: the token is missing or shorter than 32 bytes.
    """

    def __init__(self, token: str | None, base_url: str | None) -> None:
        if token is None or len(token.encode()) < MIN_TOKEN_BYTES:
            raise Misconfigured(
                f"API_WRITE_TOKEN must have {MIN_TOKEN_BYTES} bytes or more.",
                hint='Make one: python3 -c "import secrets; print(secrets.token_urlsafe(32))"',
            )
        self._token = token.encode()
        self._origin = _origin(base_url) if base_url else None
        self.secure = bool(base_url and base_url.startswith("https:"))
        self.cookie = "__Host-clipnet" if self.secure else "clipnet"

    def check(self, request: web.BaseRequest) -> None:
        """Let a request through.

        Raises:
            Unauthorised: neither a right bearer token nor a session.
            NotAllowed: another site's page tries to write with this browser's session.
        """
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if given:
            if scheme.lower() != "bearer" or not self.knows(given.strip()):
                raise Unauthorised("The token is wrong.", hint="`clipnet up` prints the token of its run.")
            return
        if not self._session_holds(request.cookies.get(self.cookie, "")):
            raise Unauthorised("A token is needed.", hint="Send it as Authorization: Bearer …, or sign in on the page.")
        self.check_site(request)

    def knows(self, token: str) -> bool:
        """Whether this is the token, in constant time."""
        return hmac.compare_digest(token.encode(), self._token)

    def check_site(self, request: web.BaseRequest) -> None:
        """Refuse what another site's page makes a browser send.

        Raises:
            NotAllowed: the request writes and doesn't come from our own page.
        """
        if request.method in _SAFE:
            return
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        if site is not None:
            ours = site == "same-origin"
        else:
            ours = origin is not None and origin in (self._origin, _origin(f"{request.scheme}://{request.host}"))
        if not ours:
            raise NotAllowed(
                "Another site may not act in your name.", hint="Use ClipNet's own page, or a bearer token."
            )

    def open_session(self) -> str:
        """A fresh session's cookie value."""
        until = f"{int(time.time()) + SESSION_S}.{secrets.token_urlsafe(9)}"
        return f"{until}.{self._seal(until)}"

    def _session_holds(self, cookie: str) -> bool:
        until, _, seal = cookie.rpartition(".")
        if not until or not hmac.compare_digest(seal.encode(), self._seal(until).encode()):
            return False
        return int(until.partition(".")[0]) > time.time()

    def _seal(self, until: str) -> str:
        return hmac.new(self._token, f"session {until}".encode(), hashlib.sha256).hexdigest()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
