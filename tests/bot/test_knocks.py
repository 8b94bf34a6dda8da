"""Whatever knocks, a door answers: a genuine sender's nonsense too is refused and written down nowhere."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from bot.adapters.discord.hook import DiscordHook
from bot.adapters.twitch.hook import TwitchHook
from bot.adapters.x.listening import Listener
from bot.adapters.x.webhook import XHook, signature
from bot.commands import COMMANDS
from bot.context import Services
from bot.deliveries import Intake
from bot.hooks import Hook, Knock
from bot.registry import Registry
from clipnet.clock import SystemClock
from clipnet.errors import BadInput
from tests.bot.rig import Ledger

CLOCK = SystemClock()
KEY = Ed25519PrivateKey.generate()
# fmt: off
NAMES = [
    "type", "id", "token", "data", "message", "name", "options", "custom_id", "event", "subscription", "condition",
    "broadcaster_user_id", "challenge", "for_user_id", "tweet_create_events", "tweet_delete_events", "payload",
    "event_type", "author_id", "user", "id_str", "status",
]
# fmt: on
LEAVES = st.sampled_from([None, True, 0, 2, 3, 5, -1, 1e308, 10**400, "", "\ud800\x00", "clip", "do:clip?a=b"])
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
)
NESTED = b"[" * 100_000
ODD = (b"", NESTED, b'{"event":' + NESTED, b"NaN", b'{"type":Infinity,"id":1,"token":"a"}', b"\xff\xfe", b"[1")


async def _nobody(*_: object) -> None:
    raise AssertionError


def _doors() -> dict[str, Hook]:
    return {
        "discord": DiscordHook(KEY.public_key().public_bytes_raw().hex(), Registry(COMMANDS), _nobody, CLOCK),
        "twitch": TwitchHook("secret", _nobody, CLOCK),
        "x": XHook(cast(Listener, None), "secret"),
    }


def _signed(platform: str, body: bytes) -> dict[str, str]:
    if platform == "x":
        return {"x-twitter-webhooks-signature": signature("secret", body)}
    if platform == "discord":
        stamp = str(CLOCK.now().timestamp())
        return {"x-signature-timestamp": stamp, "x-signature-ed25519": KEY.sign(stamp.encode() + body).hex()}
    stamp = CLOCK.now().isoformat()
    proof = hmac.new(b"secret", b"1" + stamp.encode() + body, hashlib.sha256).hexdigest()
    said = {"id": "1", "timestamp": stamp, "signature": f"sha256={proof}", "type": "notification"}
    return {f"twitch-eventsub-message-{name}": value for name, value in said.items()}


async def _status(intake: Intake, platform: str, body: bytes, headers: Mapping[str, str] | None = None) -> int:
    try:
        knock = Knock("POST", headers or _signed(platform, body), {}, body)
        return (await intake.knock(platform, knock)).status
    except BadInput as error:
        return error.status


@pytest.mark.parametrize("platform", ["discord", "twitch", "x"])
@example_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(said=ANYTHING | st.builds(lambda inner: {"type": 2, "id": "1", "token": "t", "data": inner}, ANYTHING))
def test_a_door_itself_says_what_it_cannot_read(platform: str, said: Any) -> None:
    """Nothing else is raised: an error of ours would be taken for nonsense of theirs."""
    body = json.dumps(said).encode()
    with suppress(BadInput):
        _doors()[platform].open(Knock("POST", _signed(platform, body), {}, body))


@pytest.mark.parametrize("platform", ["discord", "twitch", "x"])
@example_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(body=ANYTHING, inner=ANYTHING)
async def test_genuine_nonsense_is_never_our_failure(services: Services, platform: str, body: Any, inner: Any) -> None:
    intake = Intake(services, _doors())
    for said in (
        body,
        {"type": 2, "id": "1", "token": "t", "data": body},
        {"tweet_create_events": body, "data": inner},
    ):
        assert await _status(intake, platform, json.dumps(said).encode()) < 500


@pytest.mark.parametrize("platform", ["discord", "twitch", "x"])
@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
async def test_what_is_no_event_is_not_kept(services: Services, ledger: Ledger, platform: str, body: bytes) -> None:
    assert await _status(Intake(services, _doors()), platform, body) < 500
    assert await ledger.value("select count(*) from deliveries") == 0


@pytest.mark.parametrize("platform", ["discord", "twitch", "x"])
async def test_bytes_that_are_no_letters_sign_nothing(services: Services, platform: str) -> None:
    intake = Intake(services, _doors())
    headers = dict.fromkeys(_signed(platform, b"{}"), "\udcff")
    assert await _status(intake, platform, b"{}", headers) in (401, 403)
    challenged = await intake.knock("x", Knock("GET", {}, {"crc_token": "\udcff"}, b""))
    assert challenged.status == 200
