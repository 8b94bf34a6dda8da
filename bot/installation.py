"""The platforms of an installation as far as its settings tell, and the checks that each platform has for itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Final, Self

from asyncpg import Pool
from pydantic import ValidationError

from clipnet.errors import Misconfigured
from clipnet.finding import Finding
from clipnet.platform_settings import AdapterSettings, DiscordSettings, TwitchSettings, XSettings

PLATFORMS: Final = {
    "discord": "bot.adapters.discord.checks",
    "twitch": "bot.adapters.twitch.checks",
    "x": "bot.adapters.x.checks",
}
"""By name, the module whose `check(installation) -> list[Finding]` asks the platform how things stand."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What can be said of the platforms without starting anything.

    Attributes:
        base_url: the API's address as others see it.
        pool: the ledger, where it can be looked into; accounts that were connected stand there.
    """

    adapters: AdapterSettings
    discord: DiscordSettings
    twitch: TwitchSettings
    x: XSettings
    base_url: str | None = None
    pool: Pool | None = None

    @classmethod
    def read(cls, values: Mapping[str, str], pool: Pool | None = None) -> Self:
        """From variables. Raises `Misconfigured`, whose sentence names variables and never their values."""
        given = {"ENV": "dev", **values}
        try:
            return cls(
                AdapterSettings.model_validate(given),
                DiscordSettings.model_validate(given),
                TwitchSettings.model_validate(given),
                XSettings.model_validate(given),
                given.get("API_BASE_URL"),
                pool,
            )
        except ValidationError as error:
            names = ", ".join(sorted({str(fault["loc"][-1]) for fault in error.errors(include_input=False)}))
            raise Misconfigured(f"{names} can't be used.", hint="docs/settings.md says what each one means.") from None

    @property
    def public(self) -> bool:
        """Whether platforms could reach this installation's API."""
        return (self.base_url or "").startswith("https://")


async def findings(installation: Installation, name: str) -> list[Finding]:
    """What a platform's own check sees; a platform that ADAPTERS leaves out isn't asked."""
    if name not in installation.adapters.names:
        return [Finding(name, "note", "left out of ADAPTERS")]
    check: Callable[[Installation], Awaitable[list[Finding]]] = import_module(PLATFORMS[name]).check
    return await check(installation)
