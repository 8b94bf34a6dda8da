"""What stands in the ledger before anybody plays: the community, who is who in it, and the consents on Twitch."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from clipnet.cli.playground.cast import COMMUNITY, OWNER, Cast
from clipnet.cli.playground.platforms import BOT, Platforms
from clipnet.crypto import KeyRing, read_key_ring
from clipnet.settings import Settings
from db import communities, rights, tokens, users
from db.pool import Executor, open_pool, transaction
from tests.fakes.twitch import User

BOT_SCOPES: Final = ("user:read:chat", "user:write:chat", "user:bot", "moderator:read:chatters")
BROADCASTER_SCOPES: Final = ("channel:bot", "clips:edit", "channel:manage:broadcast", "channel:read:vips")
QUORUM: Final = 2


async def settle(settings: Settings, platforms: Platforms, cast: Cast, token_keys: str) -> None:
    """Write it down, once or again; what the players changed since stays."""
    pool = await open_pool(settings.database.url, env=settings.env, application_name="clipnet-playground", max_size=2)
    try:
        async with transaction(pool) as conn:
            await _community(conn, cast)
            ring = read_key_ring(token_keys)
            await _consent(conn, ring, platforms, cast.twitch_bot, "bot", BOT_SCOPES)
            await _consent(conn, ring, platforms, cast.chatters[OWNER], "broadcaster", BROADCASTER_SCOPES)
    finally:
        await pool.close()


async def _community(conn: Executor, cast: Cast) -> None:
    if await communities.at_place(conn, "discord", cast.guild.id):
        return
    places = [("discord", cast.guild.id), *(("discord", each.id) for each in cast.channels.values())]
    places += [("twitch", cast.stage.id), ("x", cast.x_bot.id)]
    made = await communities.create(conn, COMMUNITY, places)
    await communities.change(conn, made, _settings(cast))
    await rights.link(conn, made, "twitch", cast.stage.id, OWNER)


def _settings(cast: Cast) -> dict[str, Any]:
    return {
        "clip_channel": {"platform": "discord", "id": cast.channels["clips"].id, "name": "clips"},
        "ops_channel": {"platform": "discord", "id": cast.channels["mods"].id, "name": "mods"},
        "quorum": QUORUM,
        "recap": True,
        "roles": {
            f"discord:{cast.moderators.id}": "moderator",
            "discord:administrator": "owner",
            "twitch:moderator": "moderator",
            "twitch:broadcaster": "owner",
        },
    }


async def _consent(
    conn: Executor, ring: KeyRing, platforms: Platforms, who: User, purpose: str, scopes: tuple[str, ...]
) -> None:
    """A token that this account gave; Twitch begins anew at each start, so the one kept before is worth nothing."""
    given = platforms.twitch.issue_token(who, *scopes)
    person = await users.of_identity(conn, "twitch", who.id, BOT if purpose == "bot" else who.name)
    await tokens.put(
        conn,
        ring,
        tokens.TokenKey(person.id, "twitch", purpose, who.id),
        access=given.access,
        refresh=given.refresh,
        scopes=scopes,
        expires_at=datetime.now(UTC) + timedelta(seconds=platforms.twitch.tokens.expires_in_s(given)),
    )
