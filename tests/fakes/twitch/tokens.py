"""Access and refresh tokens, and what each person has allowed the application.

Sources: dev.twitch.tv "Getting OAuth Access Tokens" (lifetimes are those of its examples), "Refreshing Access Tokens".
Every refresh token works once: the docs say so of public clients, and a client that keeps to it is right for all.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from clipnet.clock import Clock
from tests.fakes.twitch.world import User

USER_TOKEN_S = 14_124
APP_TOKEN_S = 5_011_271
REFRESH_TOKEN_S = 30 * 24 * 3600


@dataclass(slots=True, eq=False)
class Token:
    """One grant. `user` is None for the application's own token, which has neither scopes nor a refresh token."""

    access: str
    refresh: str
    user: User | None
    scopes: tuple[str, ...]
    expires_at: datetime
    made_at: datetime
    revoked: bool = False
    refreshed: bool = False

    def has(self, scope: str) -> bool:
        """Whether the token carries this scope."""
        return scope in self.scopes


class Tokens:
    """Every token ever given out. `user_s` and `app_s` are the lives of the next ones; with 0 they are born dead."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.user_s: float = USER_TOKEN_S
        self.app_s: float = APP_TOKEN_S
        self.all: list[Token] = []

    def issue(self, user: User | None, scopes: tuple[str, ...] = (), *, expires_in_s: float | None = None) -> Token:
        """A new token; `user` None makes an application token."""
        life_s = expires_in_s if expires_in_s is not None else self.app_s if user is None else self.user_s
        now = self._clock.now()
        refresh = secrets.token_hex(24) if user else ""
        token = Token(secrets.token_hex(15), refresh, user, scopes, now + timedelta(seconds=life_s), now)
        self.all.append(token)
        return token

    def find(self, access: str) -> Token | None:
        """The token of that text while it is good."""
        for token in self.all:
            if token.access == access and not token.revoked and token.expires_at > self._clock.now():
                return token
        return None

    def renew(self, refresh: str) -> Token | None:
        """Trade a refresh token for a new pair; None when it is unknown, used, revoked or too old."""
        for token in self.all:
            if refresh and token.refresh == refresh:
                old = token.made_at + timedelta(seconds=REFRESH_TOKEN_S) <= self._clock.now()
                if token.revoked or token.refreshed or old:
                    return None
                token.refreshed = True
                return self.issue(token.user, token.scopes)
        return None

    def expires_in_s(self, token: Token) -> int:
        """Whole seconds that a token has left."""
        return int((token.expires_at - self._clock.now()).total_seconds())

    def allowed(self, user_id: str, *scopes: str) -> bool:
        """Whether a person's consents to the application cover all these scopes. Expiry does not end a consent."""
        granted = {
            scope
            for token in self.all
            if token.user and token.user.id == user_id and not token.revoked
            for scope in ("", *token.scopes)
        }
        return set(scopes or ("",)) <= granted

    def revoke_user(self, user_id: str) -> None:
        """The person disconnects the application."""
        for token in self.all:
            if token.user and token.user.id == user_id:
                token.revoked = True
