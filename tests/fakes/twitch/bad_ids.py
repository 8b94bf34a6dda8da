"""What the id server has to refuse; see `bad` for how to read it."""

from tests.fakes.twitch.bad import Bad

TOKEN, CLIENT = "/id/oauth2/token", {"client_id": "{client}"}
KNOWN = {"client_id": "{client}", "client_secret": "{secret}"}
DEVICE_GRANT = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}
AUTHORIZE = {**CLIENT, "redirect_uri": "https://clipnet.example/back", "response_type": "code", "state": "s"}


def _token(name: str, status: int, message: str, form: dict[str, str], *, wrong: bool = True, before: int = 0) -> Bad:
    return Bad(f"token: {name}", "POST", TOKEN, status, message, wrong, form=form, before=before)


def _code(**change: str) -> dict[str, str]:
    asked = {**KNOWN, "grant_type": "authorization_code", "code": "{code}", "redirect_uri": "{back}"} | change
    return {name: value for name, value in asked.items() if value}


ID_SERVER = [
    _token("no client", 400, "missing client id", {"grant_type": "client_credentials"}),
    _token("unknown client", 400, "invalid client", {**KNOWN, "client_id": "x", "grant_type": "client_credentials"}),
    _token("no grant type", 400, "missing grant type", KNOWN),
    _token("password grant", 400, "unsupported grant type", {**KNOWN, "grant_type": "password"}),
    _token("no secret", 400, "missing client secret", {**CLIENT, "grant_type": "client_credentials"}),
    _token(
        "wrong secret",
        403,
        "invalid client secret",
        {**CLIENT, "client_secret": "no", "grant_type": "client_credentials"},
        wrong=False,
    ),
    _token("no code", 400, "missing code", _code(code="")),
    _token("no redirect", 400, "missing redirect uri", _code(redirect_uri="")),
    _token("unknown code", 400, "Invalid authorization code", _code(code="nocode"), wrong=False),
    _token("code twice", 400, "Invalid authorization code", _code(), wrong=False, before=1),
    _token("code for another address", 400, "Parameter redirect_uri does not match", _code(redirect_uri="https://x")),
    _token("no refresh token", 400, "missing refresh token", {**KNOWN, "grant_type": "refresh_token"}),
    _token(
        "unknown refresh token",
        400,
        "Invalid refresh token",
        {**KNOWN, "grant_type": "refresh_token", "refresh_token": "none"},
        wrong=False,
    ),
    _token(
        "refresh token twice",
        400,
        "Invalid refresh token",
        {**KNOWN, "grant_type": "refresh_token", "refresh_token": "{refresh}"},
        wrong=False,
        before=1,
    ),
    _token(
        "refresh without secret",
        400,
        "missing client secret",
        {**CLIENT, "grant_type": "refresh_token", "refresh_token": "{refresh}"},
    ),
    _token("no device code", 400, "missing device code", {**CLIENT, **DEVICE_GRANT, "scopes": "user:bot"}),
    _token("device without scopes", 400, "missing scopes", {**CLIENT, **DEVICE_GRANT, "device_code": "{device}"}),
    _token(
        "unknown device code",
        400,
        "invalid device code",
        {**CLIENT, **DEVICE_GRANT, "device_code": "no", "scopes": "user:bot"},
        wrong=False,
    ),
    _token(
        "device not yet allowed",
        400,
        "authorization_pending",
        {**CLIENT, **DEVICE_GRANT, "device_code": "{device}", "scopes": "user:bot"},
        wrong=False,
    ),
    _token(
        "device polled at once again",
        400,
        "authorization_pending",
        {**CLIENT, **DEVICE_GRANT, "device_code": "{device}", "scopes": "user:bot"},
        before=1,
    ),
    Bad("device: no scopes", "POST", "/id/oauth2/device", 400, "missing scopes", form=CLIENT),
    Bad("device: no client", "POST", "/id/oauth2/device", 400, "missing client id", form={"scopes": "user:bot"}),
    Bad("validate: no token", "GET", "/id/oauth2/validate", 401, "missing authorization token"),
    Bad(
        "validate: other scheme",
        "GET",
        "/id/oauth2/validate",
        401,
        "invalid authorization scheme",
        headers={"Authorization": "Basic eDp5"},
    ),
    Bad(
        "validate: expired",
        "GET",
        "/id/oauth2/validate",
        401,
        "invalid access token",
        wrong=False,
        headers={"Authorization": "OAuth {old}"},
    ),
    Bad("revoke: no client", "POST", "/id/oauth2/revoke", 400, "missing client id", form={"token": "x"}),
    Bad("revoke: no token", "POST", "/id/oauth2/revoke", 400, "missing oauth token", form=CLIENT),
    Bad("revoke: other client", "POST", "/id/oauth2/revoke", 404, "client does not exist", form={"client_id": "x"}),
    Bad(
        "revoke: unknown token",
        "POST",
        "/id/oauth2/revoke",
        400,
        "Invalid token",
        wrong=False,
        form={**CLIENT, "token": "no"},
    ),
    Bad(
        "authorize: response type token",
        "GET",
        "/id/oauth2/authorize",
        400,
        "invalid response type",
        query={**AUTHORIZE, "response_type": "token"},
    ),
    Bad(
        "authorize: plain http",
        "GET",
        "/id/oauth2/authorize",
        400,
        "Parameter redirect_uri does not match",
        query={**AUTHORIZE, "redirect_uri": "http://clipnet.example/back"},
    ),
    Bad("activate: unknown code", "GET", "/activate", 404, "unknown code", wrong=False, query={"device-code": "NO"}),
]
