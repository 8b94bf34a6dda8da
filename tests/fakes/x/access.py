"""Who asks: a signed request, a user's token with its scopes, or the app's own bearer."""

from dataclasses import dataclass

from tests.fakes.server import Call
from tests.fakes.x.oauth1 import OAuth1
from tests.fakes.x.oauth2 import AppOnly, OAuth2
from tests.fakes.x.problems import forbidden, problem, unauthorized
from tests.fakes.x.world import User


@dataclass(frozen=True, slots=True)
class Access:
    """What an endpoint takes: a user's token with these `scopes`, a signature for a `user`, the bearer of the `app`."""

    scopes: frozenset[str] = frozenset()
    user: bool = True
    app: bool = False


READ = Access(frozenset({"tweet.read", "users.read"}), app=True)
OWN = Access(frozenset({"tweet.read", "users.read"}))
WRITE = Access(frozenset({"tweet.read", "tweet.write", "users.read"}))
UPLOAD = Access(frozenset({"media.write"}))
APP = Access(user=False, app=True)


@dataclass(frozen=True, slots=True)
class Doors:
    """The three ways in."""

    oauth1: OAuth1
    oauth2: OAuth2
    app: AppOnly

    def admit(self, call: Call, access: Access) -> User | None:
        """The account for which is asked, None for the app itself; a refusal for who may not."""
        scheme, _, token = call.headers.get("Authorization", "").partition(" ")
        match scheme.lower():
            case "oauth":
                return self._as_user(self.oauth1.user(call), "OAuth 1.0a User Context", access)
            case "bearer" if token == self.app.bearer:
                if not access.app:
                    raise _unsupported("OAuth 2.0 Application-Only", access)
                return None
            case "bearer":
                return self._by_token(token, access)
            case "":
                raise unauthorized("no Authorization header")
            case _:
                raise unauthorized(f"the authorization scheme {scheme} is none of X's")

    def _by_token(self, token: str, access: Access) -> User:
        grant = self.oauth2.grant(token)
        if grant is None:
            raise unauthorized()
        lacking = sorted(access.scopes - grant.scopes)
        if lacking and access.user:
            raise forbidden("Forbidden", violation=f"the token lacks {', '.join(lacking)}")
        return self._as_user(grant.user, "OAuth 2.0 User Context", access)

    @staticmethod
    def _as_user(user: User, way: str, access: Access) -> User:
        if not access.user:
            raise _unsupported(way, access)
        if user.suspended:
            raise forbidden("Your account is suspended and is not permitted to access this feature.")
        return user


def _unsupported(way: str, access: Access) -> Exception:
    supported = ["OAuth 1.0a User Context", "OAuth 2.0 User Context"] if access.user else []
    supported += ["OAuth 2.0 Application-Only"] if access.app else []
    return problem(
        403,
        "Unsupported Authentication",
        f"Authenticating with {way} is forbidden for this endpoint. "
        f"Supported authentication types are [{', '.join(supported)}].",
        kind="unsupported-authentication",
        violation=f"{way} on an endpoint that does not take it",
    )
