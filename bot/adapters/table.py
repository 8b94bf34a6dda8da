"""The platforms that ClipNet speaks on: one line each. A platform takes part by its line here and nothing else."""

from collections.abc import Collection, Mapping
from importlib import import_module

from loguru import logger

from bot.adapters.base import AdapterStatus, Presence
from bot.router import Router
from clipnet.errors import ClipNetError

PLATFORMS: dict[str, str] = {
    "twitch": "bot.adapters.twitch.joining",
    "discord": "bot.adapters.discord.adapter",
    "x": "bot.adapters.x",
}
"""By name, the module whose `join(router: Router) -> Presence` makes the platform's adapter and hook.

`router.services` holds settings and queue. A `Presence` without an adapter and a hook says in `lacks` which setting it
would need; `join` raises `Misconfigured` for settings that contradict each other. It connects to nothing. The module is
imported only where the platform is asked for, so its libraries cost nobody else anything.
"""


def join(router: Router, names: Collection[str], platforms: Mapping[str, str] = PLATFORMS) -> dict[str, Presence]:
    """What each platform named in the settings brings. One that can't join is told in `health`, no more."""
    found: dict[str, Presence] = {}
    statuses = router.services.adapters
    for name in platforms:
        if name not in names:
            statuses[name] = AdapterStatus(note="left out of ADAPTERS")
            continue
        try:
            presence: Presence = import_module(platforms[name]).join(router)
        except Exception as error:
            logger.opt(exception=error).error("a platform can't join", platform=name)
            statuses[name] = AdapterStatus("failed", note=said(error))
            continue
        found[name] = presence
        statuses[name] = presence.adapter.status if presence.adapter else AdapterStatus(note=presence.lacks)
    return found


def said(error: BaseException) -> str:
    """An error as `health` shows it: our own sentences whole, of others' only the kind, as they may hold secrets."""
    if isinstance(error, ClipNetError):
        return f"{error.sentence} {error.hint}".strip()
    return type(error).__name__
