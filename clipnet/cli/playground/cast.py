"""Who plays: a guild, a channel and an account of one community, with the same people on all three platforms."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from clipnet.cli.playground.platforms import BOT, Platforms
from tests.fakes import discord, twitch
from tests.fakes.discord.people import new_guild
from tests.fakes.discord.permissions import EVERYDAY, Permission
from tests.fakes.x.world import User as XUser

COMMUNITY: Final = "Olga's Arcade"
PEOPLE: Final = {"Vera": "viewer", "Vik": "viewer", "Wanda": "viewer", "Mo": "moderator", "Olga": "owner"}
"""By name, what they are to the community."""
OWNER: Final = "Olga"
CROWD: Final = ("Ada", "Bo", "Cleo", "Dima", "Eve", "Finn", "Gus", "Hana", "Ivo", "Jo", "Kim", "Lou")
"""Who else watches on Twitch; they speak with one voice."""
SINCE: Final = datetime(2021, 5, 1, tzinfo=UTC)
"""When every account was made, so that nobody is too new to vote."""
_DISCORD_EPOCH: Final = datetime(2015, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Cast:
    """Everyone and every place, by the names that the page uses."""

    guild: discord.Guild
    moderators: discord.Role
    channels: dict[str, discord.Channel]
    members: dict[str, discord.Member]
    stage: twitch.Channel
    chatters: dict[str, twitch.User]
    crowd: list[twitch.User]
    twitch_bot: twitch.User
    accounts: dict[str, XUser]
    x_bot: XUser
    samples: dict[str, discord.Upload] = field(default_factory=dict)


def assembled(platforms: Platforms) -> Cast:
    """Everyone takes their place, under the same ids at every start, so that the ledger knows them again."""
    ids = _ids()
    guild, moderators, channels, members = _guild(platforms, ids)
    bot = platforms.twitch.add_user(BOT, created_at=SINCE)
    stage = platforms.twitch.add_channel(OWNER, title="Speedruns and street races")
    chatters = {name: platforms.twitch.add_user(name, created_at=SINCE) for name in PEOPLE}
    crowd = [platforms.twitch.add_user(name, created_at=SINCE) for name in CROWD]
    stage.moderators |= {chatters[name].id for name, role in PEOPLE.items() if role == "moderator"} | {bot.id}
    accounts = {name: _account(platforms, next(ids), name.lower(), name) for name in PEOPLE}
    x_bot = _account(platforms, next(ids), BOT.lower(), BOT)
    return Cast(guild, moderators, channels, members, stage, chatters, crowd, bot, accounts, x_bot)


def _guild(
    platforms: Platforms, ids: Iterator[str]
) -> tuple[discord.Guild, discord.Role, dict[str, discord.Channel], dict[str, discord.Member]]:
    host = platforms.discord
    owner = discord.User(next(ids), OWNER)
    guild = new_guild(host, COMMUNITY, tier=2, owner=owner, permissions=EVERYDAY | Permission.MANAGE_MESSAGES)
    guild.id = guild.everyone.id = next(ids)
    guild.me.roles[0].id = next(ids)
    moderators = discord.Role(next(ids), "Moderator", EVERYDAY | Permission.MANAGE_MESSAGES)
    guild.roles.append(moderators)
    channels = {name: discord.Channel(next(ids), name, guild) for name in ("general", "clips", "mods")}
    guild.channels.extend(channels.values())
    channels["mods"].overwrite(guild.everyone, deny=Permission.VIEW_CHANNEL)
    for its in (moderators, guild.me.roles[0]):
        channels["mods"].overwrite(its, allow=Permission.VIEW_CHANNEL)
    members = {OWNER: guild.members[owner.id]}
    for name, role in PEOPLE.items():
        if name != OWNER:
            user = discord.User(next(ids), name)
            roles = [moderators] if role == "moderator" else []
            members[name] = guild.members[user.id] = discord.Member(user, guild, host.now(), roles)
    for member in members.values():
        host.known(member.user)
    for channel in channels.values():
        host.known(channel)
    host.known(guild)
    return guild, moderators, channels, members


def _account(platforms: Platforms, account_id: str, username: str, name: str) -> XUser:
    found = XUser(account_id, username, name, SINCE)
    platforms.x.world.users[account_id] = found
    return found


def _ids() -> Iterator[str]:
    """Ids that say `SINCE` where they are read as Discord's."""
    number = int((SINCE - _DISCORD_EPOCH).total_seconds() * 1000) << 22
    while True:
        number += 1
        yield str(number)
