"""What the doctor says of X."""

from pathlib import Path

from bot.adapters.x.checkup import LABEL, Checkup, examine
from bot.context import Services
from clipnet.crypto import new_key, read_key_ring
from clipnet.settings import Settings, load_settings
from db import tokens, users
from db.tokens import TokenKey
from tests.fakes.x.clients import Stage


async def test_it_names_the_account(x: Stage, services: Services, api_settings: Settings) -> None:
    found = await examine(api_settings, services.queue.pool, x.clock)
    assert (found.state, found.saw) == ("good", "@clipnet by OAuth 1.0a")
    assert found.mend.endswith(LABEL)


async def test_it_says_what_is_wrong(x: Stage, services: Services, api_settings: Settings) -> None:
    x.fake.suspend(x.bot)
    assert (await examine(api_settings, services.queue.pool, x.clock)).state == "bad"


async def test_it_looks_at_the_scopes(x: Stage, services: Services, variables: dict[str, str], tmp_path: Path) -> None:
    left = {name: value for name, value in variables.items() if not name.startswith("X_ACCESS")}
    more = {"X_CLIENT_ID": "client-id", "X_CLIENT_SECRET": "client-secret", "TOKEN_KEYS": new_key("k1")}
    settings = load_settings(left | more, folder=tmp_path)
    pool = services.queue.pool
    none = await examine(settings, pool, x.clock)
    assert none.state == "bad"
    for scopes, state in ((["tweet.read", "users.read", "tweet.write"], "bad"), (x.grant.scopes, "good")):
        async with pool.acquire() as conn, conn.transaction():
            user = await users.of_identity(conn, "x", x.bot.id, "clipnet")
            await tokens.put(
                conn,
                read_key_ring(more["TOKEN_KEYS"]),
                TokenKey(user.id, "x", "bot", x.bot.id),
                access=x.grant.access,
                refresh=x.grant.refresh,
                scopes=list(scopes),
                expires_at=None,
            )
        found = await examine(settings, pool, x.clock)
        assert found.state == state
    assert found.saw == "@clipnet by OAuth 2"


async def test_without_credentials_x_is_off(
    x: Stage, services: Services, variables: dict[str, str], tmp_path: Path
) -> None:
    settings = load_settings({k: v for k, v in variables.items() if not k.startswith("X_")}, folder=tmp_path)
    found = await examine(settings, services.queue.pool, x.clock)
    assert found == Checkup("note", "off", found.mend)
    assert "X_CONSUMER_KEY" in found.mend
