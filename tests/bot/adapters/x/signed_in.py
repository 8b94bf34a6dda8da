"""The bot's account signed in by OAuth 2 rather than by four keys."""

from datetime import timedelta

import pytest

from bot.adapters.x import keys
from bot.context import Services
from clipnet.crypto import new_key, read_key_ring
from clipnet.settings import Settings
from db import tokens, users
from db.tokens import TokenKey
from tests.fakes.x.clients import Stage


def oauth2(variables: dict[str, str]) -> dict[str, str]:
    """The variables without an access token, and with an OAuth 2 client."""
    left = {name: value for name, value in variables.items() if not name.startswith("X_ACCESS")}
    return left | {"X_CLIENT_ID": "client-id", "X_CLIENT_SECRET": "client-secret", "TOKEN_KEYS": new_key("k1")}


@pytest.fixture
def variables(variables: dict[str, str]) -> dict[str, str]:
    return oauth2(variables)


@pytest.fixture
async def key(x: Stage, services: Services, api_settings: Settings) -> TokenKey:
    ring = read_key_ring(api_settings.adapters.token_keys or "")
    async with services.queue.pool.acquire() as conn, conn.transaction():
        user = await users.of_identity(conn, "x", x.bot.id, "clipnet")
        found = TokenKey(user.id, keys.PROVIDER, keys.PURPOSE, x.bot.id)
        await tokens.put(
            conn,
            ring,
            found,
            access=x.grant.access,
            refresh=x.grant.refresh,
            scopes=keys.SCOPES,
            expires_at=x.clock.now() + timedelta(hours=2),
        )
    return found
