"""Signing in as the bot's account: by X's own page, with what the person copies back."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.adapters.x import keys, sign_in
from bot.adapters.x.client import Account, connected
from bot.adapters.x.keys import Kept
from bot.adapters.x.limits import Limits
from bot.adapters.x.sign_in import SignIn, begin, code_in, finish
from bot.context import Services
from clipnet.crypto import new_key, read_key_ring
from clipnet.errors import BadInput, Misconfigured, NotAllowed, Unavailable
from clipnet.settings import Settings, load_settings
from db import tokens, users
from db.tokens import TokenKey
from tests.bot.adapters.x.signed_in import oauth2
from tests.bot.rig import Ledger
from tests.fakes.faults import Fault
from tests.fakes.x.clients import Stage

TOKEN = "POST /2/oauth2/token"


@pytest.fixture
def variables(variables: dict[str, str], x: Stage) -> dict[str, str]:
    x.fake.oauth2.redirect_uris = {sign_in.REDIRECT}
    return oauth2(variables)


@pytest.fixture
async def user_id(services: Services) -> int:
    async with services.queue.pool.acquire() as conn, conn.transaction():
        return (await users.of_identity(conn, "console", "uid:0", "root")).id


async def _finish(x: Stage, services: Services, settings: Settings, user_id: int, begun: SignIn, said: str) -> Account:
    return await finish(settings, services.queue.pool, user_id, begun, said, x.clock)


async def test_the_address_that_the_browser_ends_at_signs_the_bot_in(
    x: Stage, services: Services, api_settings: Settings, user_id: int, ledger: Ledger
) -> None:
    begun = begin("client-id")
    ended = x.fake.authorize(x.bot, begun.url)
    assert ended.startswith(f"{sign_in.REDIRECT}?")

    who = await _finish(x, services, api_settings, user_id, begun, ended)

    assert who == Account(x.bot.id, "clipnet")
    kept = await keys.find(api_settings, services.queue.pool, x.clock)
    assert isinstance(kept, Kept)
    assert set(kept.token.scopes) == set(keys.SCOPES)
    async with connected(api_settings.x, kept, Limits(x.clock), x.clock) as client:
        assert x.fake.world.posts[await client.post("hello")].author is x.bot
    row = await ledger.value("select t::text || encode(ciphertext, 'escape') from oauth_tokens t")
    grant = x.fake.oauth2.grants[-1]
    assert grant.access not in row
    assert grant.refresh not in row


async def test_the_code_alone_will_do(x: Stage, services: Services, api_settings: Settings, user_id: int) -> None:
    begun = begin("client-id")
    (code,) = parse_qs(urlsplit(x.fake.authorize(x.bot, begun.url)).query)["code"]
    assert (await _finish(x, services, api_settings, user_id, begun, code)).username == "clipnet"


async def test_a_public_client_needs_no_secret(
    x: Stage, services: Services, variables: dict[str, str], user_id: int, tmp_path: Path
) -> None:
    x.fake.oauth2.client_secret = ""
    settings = load_settings(variables | {"X_CLIENT_SECRET": ""}, folder=tmp_path)
    begun = begin("client-id")
    await _finish(x, services, settings, user_id, begun, x.fake.authorize(x.bot, begun.url))
    x.clock.advance(7200)
    kept = await keys.find(settings, services.queue.pool, x.clock)
    async with connected(settings.x, kept, Limits(x.clock), x.clock) as client:
        assert (await client.me()).username == "clipnet"


def test_what_x_is_asked_for() -> None:
    first, second = begin("client-id"), begin("client-id")
    asked = {name: value for name, (value,) in parse_qs(urlsplit(first.url).query).items()}
    assert first.url.startswith("https://x.com/i/oauth2/authorize?")
    assert asked["scope"].split() == ["tweet.read", "users.read", "tweet.write", "media.write", "offline.access"]
    assert (asked["state"], asked["code_challenge_method"]) == (first.state, "S256")
    assert first.verifier not in first.url
    assert (first.state, first.verifier) != (second.state, second.verifier)
    assert 43 <= len(first.verifier) <= 128
    assert first.verifier not in repr(first)


async def test_the_address_of_another_sign_in_is_refused(
    x: Stage, services: Services, api_settings: Settings, user_id: int, ledger: Ledger
) -> None:
    begun, other = begin("client-id"), begin("client-id")
    ended = x.fake.authorize(x.bot, other.url)

    with pytest.raises(BadInput, match="doesn't belong to this sign-in"):
        await _finish(x, services, api_settings, user_id, begun, ended)
    assert x.fake.calls(TOKEN) == []

    (code,) = parse_qs(urlsplit(ended).query)["code"]
    with pytest.raises(BadInput, match="doesn't take that code"):
        await _finish(x, services, api_settings, user_id, begun, code)
    assert "code_verifier does not match" in x.fake.violations.pop()
    assert await ledger.value("select count(*) from oauth_tokens") == 0


@pytest.mark.parametrize("late", [True, False])
async def test_a_code_works_once_and_not_for_long(
    x: Stage, services: Services, api_settings: Settings, user_id: int, late: bool
) -> None:
    begun = begin("client-id")
    ended = x.fake.authorize(x.bot, begun.url)
    if late:
        x.clock.advance(30)
    else:
        await _finish(x, services, api_settings, user_id, begun, ended)
    with pytest.raises(BadInput, match="doesn't take that code") as refused:
        await _finish(x, services, api_settings, user_id, begun, ended)
    assert "30 seconds" in refused.value.hint


async def test_who_says_no_is_told_how_to_say_yes(
    x: Stage, services: Services, api_settings: Settings, user_id: int
) -> None:
    begun = begin("client-id")
    with pytest.raises(NotAllowed, match="The consent wasn't given") as refused:
        await _finish(x, services, api_settings, user_id, begun, x.fake.authorize(x.bot, begun.url, deny=True))
    assert "authorize" in refused.value.hint
    assert x.fake.calls(TOKEN) == []


@pytest.mark.parametrize("pasted", ["", "hello there", "https://127.0.0.1/clipnet", "?state=", "https://[", "é" * 9])
def test_what_holds_no_code_is_said_so(pasted: str) -> None:
    with pytest.raises(BadInput, match="There is no code"):
        code_in(begin("client-id"), pasted)


async def test_too_few_rights_are_not_kept(
    x: Stage, services: Services, api_settings: Settings, user_id: int, ledger: Ledger
) -> None:
    for lacks in ("media.write", "offline.access"):
        begun = begin("client-id")
        ended = x.fake.authorize(x.bot, begun.url.replace(lacks, "like.read"))
        with pytest.raises(NotAllowed, match=f"lacks {lacks}"):
            await _finish(x, services, api_settings, user_id, begun, ended)
    assert await ledger.value("select count(*) from oauth_tokens") == 0


async def test_a_wrong_secret_and_a_missing_key_are_told_apart(
    x: Stage, services: Services, variables: dict[str, str], user_id: int, tmp_path: Path
) -> None:
    begun = begin("client-id")
    ended = x.fake.authorize(x.bot, begun.url)
    wrong = load_settings(variables | {"X_CLIENT_SECRET": "wrong"}, folder=tmp_path)
    with pytest.raises(NotAllowed, match="client id or secret"):
        await _finish(x, services, wrong, user_id, begun, ended)
    assert "Basic" in x.fake.violations.pop()
    unsealed = load_settings({k: v for k, v in variables.items() if k != "TOKEN_KEYS"}, folder=tmp_path)
    with pytest.raises(Misconfigured, match="TOKEN_KEYS"):
        await _finish(x, services, unsealed, user_id, begun, ended)
    right = load_settings(variables, folder=tmp_path)
    x.fake.faults.plan(TOKEN, Fault.HTML_503)
    with pytest.raises(Unavailable):
        await _finish(x, services, right, user_id, begun, ended)
    await _finish(x, services, right, user_id, begun, ended)


async def test_another_account_takes_the_place_of_the_one_before(
    x: Stage, services: Services, api_settings: Settings, user_id: int
) -> None:
    """Also of one that somebody else signed in, and whose key is lost."""
    pool = services.queue.pool
    async with pool.acquire() as conn, conn.transaction():
        before = TokenKey((await users.of_identity(conn, "x", "1", "old")).id, "x", "bot", "1")
        lost = read_key_ring(new_key("k0"))
        await tokens.put(conn, lost, before, access="a", refresh="b", scopes=keys.SCOPES, expires_at=None)
    with pytest.raises(Misconfigured, match="can't be opened"):
        await keys.find(api_settings, pool, x.clock)
    begun = begin("client-id")
    await _finish(x, services, api_settings, user_id, begun, x.fake.authorize(x.bot, begun.url))
    kept = await keys.find(api_settings, pool, x.clock)
    assert isinstance(kept, Kept)
    assert kept.token.key.account_id == x.bot.id
