"""Sign-in with X: the consent page, codes that live half a minute, tokens taken back."""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest

from tests.fakes.faults import Fault
from tests.fakes.server import Refusal
from tests.fakes.x.clients import Answer, Stage, stage
from tests.fakes.x.oauth2 import challenge

VERIFIER: Final = "v" * 50
CALLBACK: Final = "https://clipnet.example/callback"
TOKEN: Final = "/2/oauth2/token"
BASIC: Final = {"Authorization": aiohttp.encode_basic_auth("client-id", "client-secret")}


@pytest.fixture
async def x() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


def asked(**changed: str) -> str:
    right = {
        "response_type": "code",
        "client_id": "client-id",
        "redirect_uri": CALLBACK,
        "scope": "tweet.read users.read",
        "state": "xyz",
        "code_challenge": challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    return "/i/oauth2/authorize?" + urlencode(right | changed)


def came(redirect: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(redirect).query).items()}


async def redeem(x: Stage, code: str) -> Answer:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    return await x.ask("POST", TOKEN, data=form, headers=BASIC)


async def test_a_browser_sees_the_page_or_comes_back_when_signed_in(x: Stage) -> None:
    page = await x.ask("GET", asked(), token="")
    x.fake.oauth2.signed_in = x.ann
    sent_on = await x.ask("GET", asked(), token="")

    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert sent_on.status == 302
    assert set(came(sent_on.headers["Location"])) == {"code", "state"}


async def test_a_person_may_say_no(x: Stage) -> None:
    assert came(x.fake.authorize(x.ann, asked(), deny=True)) == {"error": "access_denied", "state": "xyz"}


async def test_only_the_app_s_own_callback_is_sent_to(x: Stage) -> None:
    x.fake.oauth2.redirect_uris = {CALLBACK}
    x.fake.authorize(x.ann, asked())

    with pytest.raises(Refusal):
        x.fake.authorize(x.ann, asked(redirect_uri=f"{CALLBACK}/"))

    assert "redirect_uri is not valid" in x.fake.forgive()[0]


async def test_a_code_lives_half_a_minute_and_is_good_once(x: Stage) -> None:
    late, good = (came(x.fake.authorize(x.ann, asked()))["code"] for _ in range(2))
    first, again = await redeem(x, good), await redeem(x, good)
    x.clock.advance(30)
    expired = await redeem(x, late)

    assert (first.status, again.status, expired.status) == (200, 400, 400)
    assert "refresh_token" not in first.body
    assert x.fake.violations == []


async def test_a_code_is_used_up_though_its_answer_was_lost(x: Stage) -> None:
    code = came(x.fake.authorize(x.ann, asked()))["code"]
    x.fake.faults.plan(f"POST {TOKEN}", Fault.LOST)

    with pytest.raises(aiohttp.ClientError):
        await redeem(x, code)

    assert (await redeem(x, code)).status == 400


@pytest.mark.parametrize("which", ["access", "refresh"])
async def test_a_revoked_token_is_dead_with_its_twin(x: Stage, which: str) -> None:
    token = getattr(x.grant, which)

    revoked = await x.ask("POST", "/2/oauth2/revoke", data={"token": token}, headers=BASIC)

    assert revoked.body == {"revoked": True}
    assert (await x.ask("GET", "/2/users/me")).status == 401
    renewed = {"grant_type": "refresh_token", "refresh_token": x.grant.refresh}
    assert (await x.ask("POST", TOKEN, data=renewed, headers=BASIC)).status == 400


async def test_a_person_takes_back_what_they_allowed(x: Stage) -> None:
    x.fake.oauth2.withdraw(x.bot)

    assert (await x.ask("GET", "/2/users/me")).status == 401
    assert x.fake.violations == []


async def test_the_app_fetches_its_own_bearer(x: Stage) -> None:
    basic = {"Authorization": aiohttp.encode_basic_auth("consumer-key", "consumer-secret")}

    answer = await x.ask("POST", "/oauth2/token", data={"grant_type": "client_credentials"}, headers=basic)

    assert answer.body == {"token_type": "bearer", "access_token": x.fake.bearer}
