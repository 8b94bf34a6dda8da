"""Twitch's id server: tokens by each grant, validation, revocation, and the pages on which a person consents.

Sources: dev.twitch.tv "Getting OAuth Access Tokens" (grants, device flow: codes live 30 minutes and are polled every
5 s), "Refreshing Access Tokens" (one-time refresh tokens, "Invalid refresh token"), "Validating Tokens" ("invalid
access token"), "Revoking Access Tokens". Parameters come in the query or in a form body.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from aiohttp import web

from tests.fakes.server import Call, Refusal
from tests.fakes.twitch import events
from tests.fakes.twitch.bus import Bus
from tests.fakes.twitch.core import Core, answer
from tests.fakes.twitch.tokens import Token
from tests.fakes.twitch.world import User

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
DEVICE_CODE_S = 1800
CODE_S = 600


@dataclass(slots=True, eq=False)
class Device:
    """One device flow under way. `denied` and `used` both answer as an invalid code."""

    code: str
    user_code: str
    scopes: tuple[str, ...]
    expires_at: datetime
    polled_at: datetime | None = None
    user: User | None = None
    denied: bool = False
    used: bool = False


@dataclass(slots=True, eq=False)
class Consent:
    """An authorization code under way."""

    code: str
    user: User
    scopes: tuple[str, ...]
    redirect_uri: str
    expires_at: datetime
    used: bool = False


def id_refusal(status: int, message: str, *, wrong: bool = False) -> Refusal:
    """The id server's error shape."""
    return Refusal(status, {"status": status, "message": message}, violation=message if wrong else "")


def parameters(call: Call) -> dict[str, str]:
    """Query and form together; the form wins."""
    kind = call.headers.get("Content-Type", "")
    form = parse_qsl(call.body.decode(errors="replace")) if kind.startswith("application/x-www-form") else []
    return {**call.query, **dict(form)}


class Identity:
    """The routes under `id_base`."""

    def __init__(self, core: Core, bus: Bus, *, redirect_uris: tuple[str, ...], device_interval_s: int) -> None:
        self._core = core
        self._bus = bus
        self._redirect_uris = redirect_uris
        self.device_interval_s = device_interval_s
        self.devices: dict[str, Device] = {}
        self.consents: dict[str, Consent] = {}
        core.route("POST", "/id/oauth2/token", self._token)
        core.route("GET", "/id/oauth2/validate", self._validate)
        core.route("POST", "/id/oauth2/revoke", self._revoke)
        core.route("POST", "/id/oauth2/device", self._device)

    def allow(self, query: Mapping[str, str], user: User) -> str:
        """A person consents to an authorisation request; the address the browser is sent to."""
        self.check_request(query)
        scopes = tuple(query.get("scope", "").split())
        consent = Consent(secrets.token_hex(15), user, scopes, query["redirect_uri"], self._in(CODE_S))
        self.consents[consent.code] = consent
        back = {"code": consent.code, "scope": query.get("scope", ""), "state": query.get("state", "")}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def deny(self, query: Mapping[str, str]) -> str:
        """A person declines; the address the browser is sent to."""
        self.check_request(query)
        back = {
            "error": "access_denied",
            "error_description": "The user denied you access",
            "state": query.get("state", ""),
        }
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def device(self, user_code: str) -> Device:
        """The device flow that shows this user code; a KeyError when there is none."""
        return next(device for device in self.devices.values() if device.user_code == user_code)

    def check_request(self, query: Mapping[str, str]) -> None:
        """Refuse an authorisation request that could not lead to a code."""
        self._check_client(query)
        uri = query.get("redirect_uri", "")
        if not uri or (self._redirect_uris and uri not in self._redirect_uris):
            raise id_refusal(400, "Parameter redirect_uri does not match registered URI", wrong=True)
        if urlsplit(uri).scheme != "https" and urlsplit(uri).hostname not in {"localhost", "127.0.0.1"}:
            raise id_refusal(400, "Parameter redirect_uri does not match registered URI", wrong=True)
        if query.get("response_type") != "code":
            raise id_refusal(400, "invalid response type", wrong=True)
        if not query.get("state"):
            self._core.violation("an authorisation request without state")

    def _in(self, seconds: float) -> datetime:
        return self._core.now() + timedelta(seconds=seconds)

    def _check_client(self, given: Mapping[str, str]) -> None:
        if not given.get("client_id"):
            raise id_refusal(400, "missing client id", wrong=True)
        if given["client_id"] != self._core.client_id:
            raise id_refusal(400, "invalid client", wrong=True)

    def _check_secret(self, given: Mapping[str, str]) -> None:
        if not self._core.client_secret and given["grant_type"] == "refresh_token":
            return
        if not given.get("client_secret"):
            raise id_refusal(400, "missing client secret", wrong=True)
        if given["client_secret"] != self._core.client_secret:
            raise id_refusal(403, "invalid client secret")

    async def _token(self, call: Call) -> web.StreamResponse:
        given = parameters(call)
        self._check_client(given)
        match given.get("grant_type"):
            case None | "":
                raise id_refusal(400, "missing grant type", wrong=True)
            case "client_credentials":
                self._check_secret(given)
                token = self._core.tokens.issue(None)
            case "authorization_code":
                token = self._by_code(given)
            case "refresh_token":
                token = self._by_refresh(given)
            case grant if grant == DEVICE_GRANT:
                token = self._by_device(given)
            case _:
                raise id_refusal(400, "unsupported grant type", wrong=True)
        self._core.changed()
        if token.user and given["grant_type"] != "refresh_token":
            event = {"client_id": self._core.client_id, **events.person(token.user)}
            await self._bus.publish("user.authorization.grant", event, client_id=self._core.client_id)
        return answer(self._shown(token))

    def _shown(self, token: Token) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "access_token": token.access,
            "expires_in": self._core.tokens.expires_in_s(token),
            "token_type": "bearer",
        }
        if token.user:
            shown |= {"refresh_token": token.refresh, "scope": list(token.scopes)}
        return shown

    def _by_code(self, given: Mapping[str, str]) -> Token:
        self._check_secret(given)
        if not given.get("code"):
            raise id_refusal(400, "missing code", wrong=True)
        if not given.get("redirect_uri"):
            raise id_refusal(400, "missing redirect uri", wrong=True)
        consent = self.consents.get(given["code"])
        if consent is None or consent.used or consent.expires_at <= self._core.now():
            raise id_refusal(400, "Invalid authorization code")
        if consent.redirect_uri != given["redirect_uri"]:
            raise id_refusal(400, "Parameter redirect_uri does not match registered URI", wrong=True)
        consent.used = True
        return self._core.tokens.issue(consent.user, consent.scopes)

    def _by_refresh(self, given: Mapping[str, str]) -> Token:
        self._check_secret(given)
        if not given.get("refresh_token"):
            raise id_refusal(400, "missing refresh token", wrong=True)
        token = self._core.tokens.renew(given["refresh_token"])
        if token is None:
            raise id_refusal(400, "Invalid refresh token")
        return token

    def _by_device(self, given: Mapping[str, str]) -> Token:
        if not given.get("device_code"):
            raise id_refusal(400, "missing device code", wrong=True)
        if not given.get("scopes"):
            raise id_refusal(400, "missing scopes", wrong=True)
        device = self.devices.get(given["device_code"])
        if device is None or device.used or device.denied or device.expires_at <= self._core.now():
            raise id_refusal(400, "invalid device code")
        if device.user is None:
            self._note_poll(device)
            raise id_refusal(400, "authorization_pending")
        device.used = True
        return self._core.tokens.issue(device.user, device.scopes)

    def _note_poll(self, device: Device) -> None:
        """Twitch documents no `slow_down`: who polls faster than told is answered as before, but did wrong."""
        now = self._core.now()
        if device.polled_at and (now - device.polled_at).total_seconds() < 0.9 * self.device_interval_s:
            self._core.violation("polled for a device code faster than its interval")
        device.polled_at = now

    async def _device(self, call: Call) -> web.StreamResponse:
        given = parameters(call)
        self._check_client(given)
        scopes = tuple(given.get("scopes", "").split())
        if not scopes:
            raise id_refusal(400, "missing scopes", wrong=True)
        user_code = "".join(secrets.choice("BCDFGHJKLMNPQRSTVWXZ") for _ in range(8))
        device = Device(secrets.token_hex(20), user_code, scopes, self._in(DEVICE_CODE_S))
        self.devices[device.code] = device
        self._core.changed()
        return answer(
            {
                "device_code": device.code,
                "expires_in": DEVICE_CODE_S,
                "interval": self.device_interval_s,
                "user_code": user_code,
                "verification_uri": f"{self._core.url}/activate?device-code={user_code}",
            }
        )

    async def _validate(self, call: Call) -> web.StreamResponse:
        scheme, _, access = call.headers.get("Authorization", "").partition(" ")
        if not access:
            raise id_refusal(401, "missing authorization token", wrong=True)
        if scheme not in {"OAuth", "Bearer"}:
            raise id_refusal(401, "invalid authorization scheme", wrong=True)
        token = self._core.tokens.find(access)
        if token is None:
            raise id_refusal(401, "invalid access token")
        shown: dict[str, Any] = {"client_id": self._core.client_id, "scopes": list(token.scopes)}
        if token.user:
            shown |= {"login": token.user.login, "user_id": token.user.id}
        return answer(shown | {"expires_in": self._core.tokens.expires_in_s(token)})

    async def _revoke(self, call: Call) -> web.StreamResponse:
        given = parameters(call)
        if not given.get("client_id"):
            raise id_refusal(400, "missing client id", wrong=True)
        if given["client_id"] != self._core.client_id:
            raise id_refusal(404, "client does not exist", wrong=True)
        if not given.get("token"):
            raise id_refusal(400, "missing oauth token", wrong=True)
        token = self._core.tokens.find(given["token"])
        if token is None:
            raise id_refusal(400, "Invalid token")
        token.revoked = True
        self._core.changed()
        return web.Response(status=200)
