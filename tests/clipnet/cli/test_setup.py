"""The steps of the guided setup: each answer checked at once, what is wrong said, what was done kept."""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.context import Services
from clipnet.cli.setup.asking import NoAnswer
from clipnet.cli.setup.walk import walk
from tests.bot.rig import Ledger, api_settings, ledger, services
from tests.clipnet.cli.guided import Platforms, Sitting, code, platforms
from tests.conftest import Database
from tests.fakes.discord import Guild
from tests.fakes.discord.permissions import EVERYDAY, Permission
from tests.fakes.server import PATIENCE_S

__all__ = ["api_settings", "ledger", "services"]


@pytest.fixture
async def there() -> AsyncIterator[Platforms]:
    async with platforms() as found:
        yield found


@pytest.fixture
def sitting(
    services: Services, there: Platforms, environ: dict[str, str], database: Database, tmp_path: Path
) -> Sitting:
    api = environ | {"CLIPNET_ROLE": "api", "DATABASE_URL": database.url("api")} | there.variables()
    return Sitting(services, api, tmp_path)


def add_guild(there: Platforms) -> Guild:
    guild = there.discord.add_guild("Arena", bot_permissions=EVERYDAY)
    guild.add_channel("general", deny=int(Permission.ATTACH_FILES))
    guild.add_channel("clips")
    guild.add_role("Mods")
    return guild


async def consent(there: Platforms, *names: str) -> None:
    """People type the codes that they are shown, one after the other."""
    for number, name in enumerate(names):
        device = await code(there, number)
        there.twitch.approve_device(device.user_code, there.twitch.world.user(name))


def without(answers: list[str], *prefixes: str) -> list[str]:
    return [answer for answer in answers if not answer.startswith(prefixes)]


async def test_every_step_but_the_clip_comes_to_what_the_ledger_says(
    there: Platforms, sitting: Sitting, ledger: Ledger
) -> None:
    guild, answers = add_guild(there), there.answers()
    clips, mods = guild.channels[1], next(role for role in guild.roles if role.name == "Mods")
    people = asyncio.create_task(consent(there, "ClipBot", "Ann"))

    await walk(await sitting.desk([*without(answers, "test"), "test.begin = skip"], wait_s=60))
    await people

    ann = there.twitch.world.user("Ann")
    row = await ledger.conn.fetchrow("select id, settings::text from communities")
    assert row is not None
    settings = json.loads(row["settings"])
    assert settings["clip_channel"] == {"platform": "discord", "id": clips.id, "name": "clips"}
    assert settings["roles"][f"discord:{mods.id}"] == "moderator"
    assert settings["roles"]["twitch:broadcaster"] == "owner"
    assert settings["language"] == "de"
    places = await ledger.conn.fetch("select platform, platform_place_id from community_places order by 1")
    bot = there.x.world.named("clipbot")
    assert bot is not None
    assert [tuple(place) for place in places] == [("discord", guild.id), ("twitch", ann.id), ("x", bot.id)]
    assert await ledger.value("select count(*) from oauth_tokens") == 2
    assert await ledger.value("select channel_id from community_sources") == ann.id


async def test_no_secret_is_said_logged_or_kept_in_the_ledger(
    there: Platforms, sitting: Sitting, ledger: Ledger, capfd: pytest.CaptureFixture[str]
) -> None:
    add_guild(there)
    answers = there.answers()
    people = asyncio.create_task(consent(there, "ClipBot", "Ann"))
    await walk(await sitting.desk([*without(answers, "test"), "test.begin = skip"], wait_s=60))
    await people

    rows = await ledger.conn.fetch("select t::text from setups t union all select t::text from audit t")
    rows += await ledger.conn.fetch("select t::text from communities t union all select t::text from oauth_tokens t")
    out, err = capfd.readouterr()
    seen = "\n".join([sitting.said, out, err, *(row["t"] for row in rows)])
    for secret in there.secrets(answers):
        assert secret not in seen
    assert there.discord.bot_token in sitting.kept
    assert stat.S_IMODE((sitting.folder / ".env").stat().st_mode) == 0o600


async def test_wrong_keys_are_refused_at_once_and_asked_for_again(there: Platforms, sitting: Sitting) -> None:
    add_guild(there)
    token, secret = there.x.oauth1.issue(there.x.add_user("clipbot"))
    there.x.oauth1.withdraw(token)
    answers = [
        "discord.token = ",
        "discord.token = not a token",
        "discord.token = MTEw.fake00.wrong",
        f"discord.token = Bot {there.discord.bot_token}",
        "discord.channel = 1",
        "discord.channel = 9",
        "discord.channel = 2",
        "discord.moderators = nobody",
        "discord.moderators = 1",
        "discord.owners =",
        "language = fr",
        "language =",
        f"twitch.client_id = {there.twitch.client_id}",
        "twitch.client_secret = wrong",
        f"twitch.client_id = {there.twitch.client_id}",
        f"twitch.client_secret = {there.twitch.client_secret}",
        "twitch.bot = no_such_account",
        "twitch.bot = skip",
        "x.by = both",
        "x.by =",
        f"x.consumer_key = {there.x.oauth1.consumer_key}",
        f"x.consumer_secret = {there.x.oauth1.consumer_secret}",
        f"x.access_token = {token}",
        f"x.access_secret = {secret}",
        "x.consumer_key = skip",
    ]
    with pytest.raises(NoAnswer):
        await walk(await sitting.desk([*answers, "none = x"], wait_s=0.2))
    for sentence in (
        "That is no token.",
        "Discord refuses the bot's token.",
        "The bot may not show clips in #general.",
        "Give its role there: Attach Files",
        "That is not one of them.",
        "That language isn't spoken here.",
        "Twitch refuses this application.",
        "Twitch knows no account “no_such_account”.",
        "Please answer keys or sign-in.",
        "X refuses ClipNet's credentials.",
    ):
        assert sentence in sitting.said, sentence
    assert "wrong" not in sitting.kept


async def test_it_waits_until_the_bot_is_let_in(there: Platforms, sitting: Sitting, ledger: Ledger) -> None:
    async def let_in() -> None:
        await there.discord.pulse.until(lambda: there.discord.calls("GET /api/v10/users/@me/guilds"), PATIENCE_S)
        add_guild(there)

    inviting = asyncio.create_task(let_in())
    answers = [f"discord.token = {there.discord.bot_token}", "discord.channel = skip", "discord.moderators = skip"]
    with pytest.raises(NoAnswer) as missing:
        await walk(await sitting.desk(answers))
    await inviting
    assert missing.value.key == "language"
    assert "permissions=" in sitting.said
    assert await ledger.value("select name from communities") == "Arena"


async def test_a_server_that_is_not_joined_in_time_can_be_left_for_later(there: Platforms, sitting: Sitting) -> None:
    answers = [f"discord.token = {there.discord.bot_token}", "discord.invited = ", "discord.invited = skip"]
    with pytest.raises(NoAnswer):
        await walk(await sitting.desk(answers, wait_s=0.1))
    assert "Discord: where clips appear: needs invite first" in sitting.said


async def test_what_a_look_finds_counts_though_the_time_ran_out_meanwhile(sitting: Sitting) -> None:
    desk = await sitting.desk([], wait_s=0.01)

    async def look() -> str:
        await asyncio.sleep(0.1)
        return "there"

    assert await desk.wait(look) == "there"


async def test_a_second_run_goes_on_where_the_first_one_stopped(there: Platforms, sitting: Sitting) -> None:
    add_guild(there)
    with pytest.raises(NoAnswer) as missing:
        await walk(await sitting.desk([f"discord.token = {there.discord.bot_token}", "discord.channel = clips"]))
    assert missing.value.key == "discord.moderators"
    calls = len(there.discord.journal)

    with pytest.raises(NoAnswer) as missing:
        await walk(await sitting.desk(["discord.moderators =", "discord.owners ="]))
    assert missing.value.key == "language"
    assert "✓ Discord: where clips appear" in sitting.said
    asked = [call.route for call in there.discord.journal[calls:]]
    assert not any(route.endswith("/channels") for route in asked)


async def test_a_step_is_taken_again_when_asked_or_when_its_value_is_gone(there: Platforms, sitting: Sitting) -> None:
    add_guild(there)
    first = [f"discord.token = {there.discord.bot_token}", "discord.channel = clips"]
    with pytest.raises(NoAnswer):
        await walk(await sitting.desk(first))
    with pytest.raises(NoAnswer) as missing:
        await walk(await sitting.desk([], "channel"))
    assert missing.value.key == "discord.channel"
    (sitting.folder / ".env").unlink()
    with pytest.raises(NoAnswer) as missing:
        await walk(await sitting.desk([]))
    assert missing.value.key == "discord.token"


async def test_a_denied_consent_is_told_and_offered_again(there: Platforms, sitting: Sitting, ledger: Ledger) -> None:
    add_guild(there)
    answers = [
        *without(there.answers(), "test", "x."),
        "twitch.bot.again =",
        "twitch.bot.again = skip",
        "twitch.broadcaster.again = skip",
        "x.by = skip",
        "test.begin = skip",
    ]

    async def deny() -> None:
        for number in range(3):
            there.twitch.deny_device((await code(there, number)).user_code)

    people = asyncio.create_task(deny())
    await walk(await sitting.desk(answers, wait_s=60))
    await people
    assert sitting.said.count("The consent wasn't given.") == 3
    assert await ledger.value("select count(*) from oauth_tokens") == 0


async def test_where_values_are_not_written_down_only_their_names_are_told(
    there: Platforms, sitting: Sitting, tmp_path: Path
) -> None:
    add_guild(there)
    sitting.environ |= {
        "ENV": "production",
        "SELF_HOSTED": "1",
        "CLIPNET_PARITY_KEY": "p" * 40,
        "API_BASE_URL": "https://clips.example.org",
    }
    desk = await sitting.desk([f"discord.token = {there.discord.bot_token}", "discord.channel = skip"])
    with pytest.raises(NoAnswer):
        await walk(desk)
    assert desk.values.to_set == ["DISCORD_TOKEN", "DISCORD_APPLICATION_ID", "DISCORD_PUBLIC_KEY"]
    assert not (tmp_path / ".env").exists()
