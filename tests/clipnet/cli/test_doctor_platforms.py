"""The doctor asks each platform: what is right, what is wrong and how to mend it; never a secret."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clipnet.cli.doctor import Patient, examine
from clipnet.crypto import new_key
from clipnet.finding import Finding
from tests.clipnet.cli.guided import TWITCH_SECRET, Platforms, platforms
from tests.conftest import Database
from tests.fakes.discord.permissions import EVERYDAY


@pytest.fixture
async def there() -> AsyncIterator[Platforms]:
    async with platforms() as found:
        yield found


async def found_in(environ: dict[str, str], folder: Path) -> dict[str, Finding]:
    """What the checks of platforms find, by part."""
    findings = await asyncio.to_thread(lambda: list(examine(Patient(environ, folder))))
    return {each.part: each for each in findings if each.part.split()[0] in ("discord", "twitch", "x")}


def credentials(there: Platforms) -> dict[str, str]:
    token, secret = there.x.oauth1.issue(there.x.add_user("clipbot"))
    return {
        **there.variables(),
        "DISCORD_TOKEN": there.discord.bot_token,
        "TWITCH_CLIENT_ID": there.twitch.client_id,
        "TWITCH_CLIENT_SECRET": there.twitch.client_secret,
        "TWITCH_BOT_ID": there.twitch.add_user("ClipBot").id,
        "TOKEN_KEYS": new_key("k1"),
        "X_CONSUMER_KEY": there.x.oauth1.consumer_key,
        "X_CONSUMER_SECRET": there.x.oauth1.consumer_secret,
        "X_ACCESS_TOKEN": token,
        "X_ACCESS_SECRET": secret,
    }


async def test_what_is_not_set_up_is_a_note_that_says_where_to_begin(tmp_path: Path) -> None:
    found = await found_in({}, tmp_path)
    assert {part: each.state for part, each in found.items()} == {"discord": "note", "twitch": "note", "x": "note"}
    assert all("clipnet setup" in each.mend for each in found.values())


async def test_good_credentials_are_good_and_no_address_is_needed(
    there: Platforms, database: Database, tmp_path: Path
) -> None:
    there.discord.add_guild("Arena", bot_permissions=EVERYDAY)
    environ = credentials(there) | {"DATABASE_URL": database.url("api")}
    found = await found_in(environ, tmp_path)
    assert found["discord"].saw == "ClipNet is in 1 server"
    assert found["x"].saw == "acts as @clipbot"
    assert found["twitch"].state == "good"
    for platform in ("discord", "twitch", "x"):
        assert "no public address is needed" in found[f"{platform} address"].saw
    assert found["twitch consents"].state == "bad"
    assert "connect twitch --as bot" in found["twitch consents"].mend
    said = "".join(f"{each.saw} {each.mend}" for each in found.values())
    for name in ("DISCORD_TOKEN", "TWITCH_CLIENT_SECRET", "TOKEN_KEYS", "X_CONSUMER_SECRET", "X_ACCESS_SECRET"):
        assert environ[name] not in said


async def test_bad_credentials_are_bad_each_with_its_remedy(there: Platforms, tmp_path: Path) -> None:
    environ = credentials(there) | {"DISCORD_TOKEN": "MTEw.fake00.hush", "TWITCH_CLIENT_SECRET": "hush-hush"}
    there.x.oauth1.withdraw(environ["X_ACCESS_TOKEN"])
    found = await found_in(environ, tmp_path)
    assert {part: each.state for part, each in found.items()} == {"discord": "bad", "twitch": "bad", "x": "bad"}
    assert "DISCORD_TOKEN" in found["discord"].mend
    assert "TWITCH_CLIENT_SECRET" in found["twitch"].mend
    assert "Renew the keys" in found["x"].mend
    assert not any("hush" in f"{each.saw} {each.mend}" for each in found.values())


async def test_what_needs_a_public_address_says_what_does_without(there: Platforms, tmp_path: Path) -> None:
    there.discord.add_guild("Arena", bot_permissions=EVERYDAY)
    asked = {"DISCORD_TRANSPORT": "http", "TWITCH_TRANSPORT": "webhook", "X_TRANSPORT": "webhook"}
    found = await found_in(credentials(there) | asked | {"DISCORD_MESSAGE_CONTENT": "1"}, tmp_path)
    for platform, instead in (("discord", "gateway"), ("twitch", "websocket"), ("x", "polling")):
        assert found[f"{platform} address"].state == "bad"
        assert f"{platform.upper()}_TRANSPORT={instead}" in found[f"{platform} address"].mend
    assert "Message Content Intent" in found["discord messages"].mend


async def test_a_bot_in_no_server_is_told_its_invitation(there: Platforms, tmp_path: Path) -> None:
    found = await found_in(credentials(there) | {"DISCORD_PUBLIC_KEY": "ab" * 32}, tmp_path)
    assert found["discord"].state == "bad"
    assert there.discord.public_key in found["discord identity"].mend
    assert f"client_id={there.discord.application_id}" in found["discord"].mend
    assert TWITCH_SECRET not in str(found)


async def test_a_platform_that_cannot_be_reached_keeps_none_from_being_told(tmp_path: Path) -> None:
    environ = {"DISCORD_TOKEN": "MTEw.fake00.hush", "DISCORD_API_BASE": "http://127.0.0.1:1/api/v10"}
    found = await found_in(environ, tmp_path)
    assert found["discord"].state == "bad"
    assert "can be reached" in found["discord"].mend
    assert found["x"].state == "note"
