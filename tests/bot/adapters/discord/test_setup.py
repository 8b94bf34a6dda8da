"""Setting Discord up: what is wrong is named with what to do, and the link asks for no right too many."""

import asyncio
from pathlib import Path

import discord

from bot.adapters.discord.check import check
from bot.adapters.discord.install import RIGHTS, install_link, permissions
from clipnet.cli.doctor import Patient
from clipnet.cli.doctor import discord as examine
from clipnet.settings import Settings
from tests.bot.adapters.discord.conftest import Scene


def changed(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update={"discord": settings.discord.model_copy(update=values)})


async def test_a_good_set_up_is_found_good_with_the_link_that_adds_the_bot(
    scene: Scene, api_settings: Settings
) -> None:
    found = await check(api_settings)
    assert found is not None
    assert (found.wrong, found.saw) == ((), "ClipNet, in 1 servers")
    assert scene.fake.application_id in found.invite
    assert scene.fake.gateway.identifies == 0


async def test_each_thing_that_is_wrong_is_named(scene: Scene, api_settings: Settings) -> None:
    assert await check(changed(api_settings, token=None)) is None
    for values, words in (
        ({"token": "wrong.token.x"}, "DISCORD_TOKEN"),
        ({"application_id": "12"}, "DISCORD_APPLICATION_ID"),
        ({"public_key": "00" * 32}, "DISCORD_PUBLIC_KEY"),
        ({"message_content": True}, "Message Content Intent"),
        ({"transport": "http"}, "/hooks/discord"),
    ):
        found = await check(changed(api_settings, **values))
        assert found is not None
        assert words in " ".join(found.wrong)
    scene.fake.ledger.endpoint_url = "https://elsewhere.example/"
    found = await check(api_settings)
    assert found is not None
    assert "https://elsewhere.example/" in found.wrong[0]


async def test_doctor_tells_it(scene: Scene, environ: dict[str, str], tmp_path: Path) -> None:
    role = {"CLIPNET_ROLE": "api"}
    good = await asyncio.to_thread(examine, Patient(environ | role, tmp_path))
    assert good.state == "good"
    assert "scope=bot" in good.saw
    bad = await asyncio.to_thread(examine, Patient(environ | role | {"DISCORD_TOKEN": "wrong.token.x"}, tmp_path))
    assert (bad.state, "Bot" in bad.mend) == ("bad", True)
    left = {name: value for name, value in environ.items() if name != "DISCORD_TOKEN"}
    assert examine(Patient(left, tmp_path)).state == "note"
    assert scene.guild


def test_the_link_asks_for_what_has_a_reason_and_nothing_else() -> None:
    rights = permissions()
    assert len(RIGHTS) == sum(given for _, given in rights)
    assert all(getattr(rights, name) for name in RIGHTS)
    assert not rights.administrator
    assert not rights.mention_everyone
    assert str(rights.value) in install_link(1100000000000000001)
    assert isinstance(rights, discord.Permissions)
