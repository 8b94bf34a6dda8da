"""Setting Discord up: what is wrong is named with what to do, and the link asks for no right too many."""

import discord

from bot.adapters.discord.checks import check
from bot.adapters.discord.install import RIGHTS, install_link, permissions
from bot.installation import Installation
from clipnet.finding import Finding
from tests.bot.adapters.discord.conftest import Scene


def installation(environ: dict[str, str], **values: str) -> Installation:
    return Installation.read(environ | values)


def mends(findings: list[Finding]) -> str:
    return " ".join(f"{each.saw} {each.mend}" for each in findings if each.state == "bad")


async def test_a_good_set_up_is_found_good(scene: Scene, environ: dict[str, str]) -> None:
    found = await check(installation(environ))
    assert not mends(found)
    assert found[0].saw == "ClipNet is in 1 server"
    assert scene.fake.gateway.identifies == 0


async def test_each_thing_that_is_wrong_is_named(scene: Scene, environ: dict[str, str]) -> None:
    off = await check(installation(environ, DISCORD_TOKEN=""))
    assert [each.state for each in off] == ["note"]
    for values, words in (
        ({"DISCORD_TOKEN": "wrong.token.x"}, "DISCORD_TOKEN"),
        ({"DISCORD_APPLICATION_ID": "12"}, "DISCORD_APPLICATION_ID"),
        ({"DISCORD_PUBLIC_KEY": "00" * 32}, "DISCORD_PUBLIC_KEY"),
        ({"DISCORD_MESSAGE_CONTENT": "1"}, "Message Content Intent"),
        ({"DISCORD_TRANSPORT": "http"}, "/hooks/discord"),
    ):
        assert words in mends(await check(installation(environ, **values)))
    scene.fake.ledger.endpoint_url = "https://elsewhere.example/"
    assert "https://elsewhere.example/" in mends(await check(installation(environ)))


def test_the_link_asks_for_what_has_a_reason_and_nothing_else() -> None:
    rights = permissions()
    assert len(RIGHTS) == sum(given for _, given in rights)
    assert all(getattr(rights, name) for name in RIGHTS)
    assert not rights.administrator
    assert not rights.mention_everyone
    assert str(rights.value) in install_link(1100000000000000001)
    assert isinstance(rights, discord.Permissions)
