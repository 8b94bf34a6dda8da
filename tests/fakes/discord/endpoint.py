"""Interactions by HTTP: signed as Discord signs them, and wrongly on demand."""

import json
from enum import StrEnum
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.fakes.discord.people import Wire
from tests.fakes.discord.platform import Platform

PING, PONG = 1, 1
PATIENCE_S = 3.0


class Forgery(StrEnum):
    """A signature that must not be believed."""

    OTHER_KEY = "signed with another key"
    OTHER_BODY = "signed over another body"
    OTHER_TIME = "signed over another timestamp"
    GARBLED = "no hexadecimal"
    SHORT = "too short"
    MISSING = "no signature header"
    NO_TIME = "no timestamp header"


def signed(platform: Platform, body: bytes, forgery: Forgery | None = None) -> dict[str, str]:
    """The headers of a delivery."""
    stamp = str(int(platform.now().timestamp()))
    key = Ed25519PrivateKey.generate() if forgery is Forgery.OTHER_KEY else platform.signing_key
    over = stamp.encode() + body
    if forgery is Forgery.OTHER_BODY:
        over += b" "
    if forgery is Forgery.OTHER_TIME:
        over = b"1" + over
    signature = key.sign(over).hex()
    if forgery is Forgery.GARBLED:
        signature = "zz" * 64
    if forgery is Forgery.SHORT:
        signature = signature[:20]
    headers = {"Content-Type": "application/json", "User-Agent": "Discord-Interactions/1.0 (+https://discord.com)"}
    if forgery is not Forgery.MISSING:
        headers["X-Signature-Ed25519"] = signature
    if forgery is not Forgery.NO_TIME:
        headers["X-Signature-Timestamp"] = stamp
    return headers


async def post(platform: Platform, url: str, payload: Wire, forgery: Forgery | None = None) -> tuple[int, Any]:
    """Deliver a payload; the endpoint's status and JSON (None where it is none).

    Raises:
        aiohttp.ClientError, TimeoutError: nothing answered within 3 seconds of the machine.
    """
    body = json.dumps(payload).encode()
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        headers = signed(platform, body, forgery)
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            raw = await response.read()
    try:
        return response.status, json.loads(raw) if raw else None
    except ValueError:
        return response.status, None


async def check_endpoint(platform: Platform, url: str) -> bool:
    """What Discord does before it takes an address: a PING has to be answered, and a forged one refused."""
    ping: Wire = {"id": platform.snowflake(), "application_id": platform.application_id, "type": PING, "version": 1}
    ping |= {"token": "ping", "entitlements": [], "authorizing_integration_owners": {}, "user": platform.bot.wire()}
    try:
        status, body = await post(platform, url, ping)
        forged, _ = await post(platform, url, ping, Forgery.OTHER_KEY)
    except (aiohttp.ClientError, TimeoutError):
        return False
    return status == 200 and isinstance(body, dict) and body.get("type") == PONG and forged == 401
