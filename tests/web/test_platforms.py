"""Whatever one platform's adapter does, the api answers and the other platforms are there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession

from bot.adapters.base import Presence
from bot.router import Router
from clipnet.errors import Misconfigured, NotAllowed, Unavailable
from clipnet.settings import Settings
from tests.bot.adapters.players import Life, Player, hangs, immortal, module, raises, returns, spins, well
from tests.bot.doorbell import Doorbell, signed
from tests.bot.rig import LINK, Ledger
from web.serve import serving


@dataclass
class Town:
    """A running api with two platforms: one as told, one that is well."""

    client: ClientSession
    good: Player
    bell: Doorbell

    async def health(self) -> dict[str, str]:
        """What `health` says of each part."""
        async with self.client.get("/api/v1/health") as response:
            parts = (await response.json())["parts"]
        return {name: f"{part['status']} {part['detail']}".strip() for name, part in parts.items()}

    async def settled(self, name: str, word: str) -> str:
        """What `health` says of a part once it holds this word."""
        async with asyncio.timeout(30):
            while word not in (said := (await self.health()).get(name, "")):  # noqa: ASYNC110 - the api is asked
                await asyncio.sleep(0.05)
        return said


def _broken(_: Router) -> Presence:
    raise RuntimeError("its library is broken")


def _unset(_: Router) -> Presence:
    return Presence(lacks="DISCORD_TOKEN is not set")


@asynccontextmanager
async def town(settings: Settings, bad: str) -> AsyncIterator[Town]:
    """The api, served as in service."""
    good, bell = Player([well]), Doorbell()
    platforms = {"discord": bad, "twitch": module("a_good_platform", lambda _: Presence(good, bell))}
    async with serving(settings, platforms) as address:
        headers = {"Authorization": f"Bearer {settings.web.token}"}
        async with ClientSession(address, headers=headers) as client:
            yield Town(client, good, bell)


async def _all_well(town: Town, ledger: Ledger) -> None:
    """The api takes requests and deliveries, and the other adapter runs its first life."""
    async with town.client.get("/health/ready") as response:
        assert response.status == 200
    async with town.client.post("/api/v1/clip", json={"source": LINK}) as response:
        assert response.status == 202
    body, headers = signed({"id": "1"})
    async with town.client.post("/hooks/twitch", data=body, headers=headers) as response:
        assert response.status == 204
    async with asyncio.timeout(30):
        while not town.bell.heard:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert (await town.settled("twitch", "running")).startswith("ok running")
    assert town.good.begun == 1
    assert await ledger.value("select count(*) from jobs where kind = 'clip:process'") == 1


@pytest.mark.parametrize(
    ("life", "said"),
    [
        (raises(RuntimeError("broken")), "degraded waiting"),
        (returns, "degraded waiting"),
        (raises(Unavailable("Discord is down.", retry_after_s=60)), "Discord is down.; starts again in 60 s"),
        (raises(Misconfigured("The token is refused.")), "degraded failed"),
        (raises(NotAllowed("The bot was banned.")), "The bot was banned."),
        (raises(SystemExit(1)), "SystemExit"),
        (hangs, "degraded starting"),
        (spins, "ok running"),
        (immortal, "ok running"),
    ],
)
async def test_an_adapter_that_is_not_well_is_told_and_harms_nobody(
    api_settings: Settings, ledger: Ledger, life: Life, said: str
) -> None:
    bad = Player([life])
    async with town(api_settings, module("a_bad_platform", lambda _: Presence(bad))) as found:
        await found.settled("discord", said)
        await _all_well(found, ledger)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (module("a_broken_platform", _broken), "degraded failed, RuntimeError"),
        ("no.such.module", "degraded failed, ModuleNotFoundError"),
        (module("a_platform_without_keys", _unset), "ok off, DISCORD_TOKEN is not set"),
    ],
)
async def test_a_platform_that_can_not_join_is_told_and_missed_by_nobody(
    api_settings: Settings, ledger: Ledger, bad: str, said: str
) -> None:
    async with town(api_settings, bad) as found:
        assert (await found.health())["discord"] == said
        await _all_well(found, ledger)


async def test_what_is_left_out_of_the_settings_is_not_even_imported(api_settings: Settings, ledger: Ledger) -> None:
    only = api_settings.model_copy(update={"adapters": api_settings.adapters.model_copy(update={"names": ("twitch",)})})
    async with town(only, "no.such.module") as found:
        assert (await found.health())["discord"] == "ok off, left out of ADAPTERS"
        await _all_well(found, ledger)


async def test_what_is_left_of_a_budget_is_told(api_settings: Settings) -> None:
    player = Player([well])
    player.status.limits["identifies today"] = "3 of 1000"
    async with town(api_settings, module("a_counting_platform", lambda _: Presence(player))) as found:
        assert "identifies today: 3 of 1000" in await found.settled("discord", "running")
