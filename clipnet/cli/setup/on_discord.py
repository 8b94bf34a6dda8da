"""The steps on Discord: the bot's token, its invitation, the clip channel, the roles."""

from typing import Any

from bot.adapters.discord.checks import Account, looking
from bot.rooms import Room
from clipnet.cli.setup.desk import Desk
from clipnet.errors import BadInput, ClipNetError, NotAllowed
from db import communities
from db.pool import transaction

PORTAL = "https://discord.com/developers/applications"
LONGEST_NAME = 80


async def token(desk: Desk) -> None:
    """A token that Discord takes, with the application's id and public key beside it."""
    known = desk.settings.discord.token
    if known:
        try:
            await _take(desk, known)
        except ClipNetError as error:
            desk.bad(error)
        else:
            return
    desk.tell(f"Open {PORTAL}, make an application, and take the token from its page “Bot” (“Reset Token”).")
    await desk.until("discord.token", "The bot's token (it is not shown):", lambda said: _take(desk, said), secret=True)


async def _take(desk: Desk, said: str) -> Account:
    given = said.removeprefix("Bot ").strip()
    if not given or len(given.split()) > 1:
        raise BadInput("That is no token.", hint="Copy the whole token; it has two dots and no blanks.")
    async with looking(desk.settings.discord.model_copy(update={"token": given})) as (account, _):
        pass
    desk.values.put(
        {
            "DISCORD_TOKEN": given,
            "DISCORD_APPLICATION_ID": account.application_id,
            "DISCORD_PUBLIC_KEY": account.public_key,
        }
    )
    desk.good(f"Discord knows the bot as {account.name}.")
    if account.endpoint and desk.settings.discord.transport == "gateway":
        desk.tell("Empty “Interactions Endpoint URL” of the application: commands come by the gateway.")
    await desk.keep("discord", bot=account.name)
    return account


async def invite(desk: Desk) -> None:
    """A server that the bot is in, with a community bound to it."""
    async with looking(desk.settings.discord) as (account, rooms):
        homes = await rooms.homes()
        desk.tell(
            f"Let the bot into your server with this link; it asks for no more than it needs:\n  {account.invitation}"
        )
        if not homes:
            desk.tell("Waiting until it is there …")
        while not homes:
            homes = await desk.wait(lambda: _any(rooms)) or []
            if not homes:
                await desk.ask("discord.invited", "It isn't there yet. Enter looks again, skip leaves it for later:")
        home = homes[0]
        if len(homes) > 1:
            home = await desk.choose("discord.server", "Which server is it about?", homes)
    desk.good(f"The bot is in {home.name}.")
    await desk.keep("invite", guild=home.id, guild_name=home.name, community=await _community(desk, home))


async def _any(rooms: Any) -> list[Room] | None:
    return list(await rooms.homes()) or None


async def _community(desk: Desk, home: Room) -> int:
    """The community of a server; made when there is none."""
    async with transaction(desk.base.queue.pool) as conn:
        there = await communities.at_place(conn, "discord", home.id)
        if there is not None:
            return there.id
        return await communities.create(conn, home.name[:LONGEST_NAME] or home.id, [("discord", home.id)])


async def channel(desk: Desk) -> None:
    """The channel where finished clips are announced, in which the bot may speak."""
    guild = str(desk.found["guild"])
    async with looking(desk.settings.discord) as (_, rooms):
        while True:
            channels = await rooms.channels(guild)
            found = await desk.choose("discord.channel", "In which channel shall finished clips appear?", channels)
            lacks = await rooms.lacking(guild, found.id)
            if not lacks:
                break
            desk.bad(
                NotAllowed(
                    f"The bot may not show clips in {found.name}.",
                    hint=f"Give its role there: {', '.join(lacks)}; or choose another channel.",
                )
            )
    spot = {"platform": "discord", "id": found.id, "name": found.name.lstrip("#")}
    await _change(desk, {"clip_channel": spot})
    desk.good(f"Clips appear in {found.name}.")
    await desk.keep("channel", channel=found.id, channel_name=found.name)


async def roles(desk: Desk) -> None:
    """Which roles of the server are moderators and owners to ClipNet; its administrators are owners anyway."""
    async with looking(desk.settings.discord) as (_, rooms):
        offered = await rooms.roles(str(desk.found["guild"]))
    if not offered:
        desk.tell("The server has no roles yet; its administrators are owners here. Later: /setup roles.")
        return
    moderators = await desk.choose_some(
        "discord.moderators", "Which roles moderate? Several with commas, Enter for none:", offered
    )
    owners = await desk.choose_some(
        "discord.owners", "Which roles own the community, besides administrators? Enter for none:", offered
    )
    mapped = {f"discord:{role.id}": "moderator" for role in moderators}
    mapped |= {f"discord:{role.id}": "owner" for role in owners}
    async with transaction(desk.base.queue.pool) as conn:
        community = await communities.get(conn, int(desk.found["community"]))
        assert community is not None
        kept = {k: v for k, v in community.settings.get("roles", {}).items() if not k.startswith("discord:")}
        await communities.change(conn, community.id, {"roles": {**kept, **mapped}})
    desk.good(f"{len(moderators)} roles moderate, {len(owners)} own.")


async def _change(desk: Desk, changes: dict[str, Any]) -> None:
    async with transaction(desk.base.queue.pool) as conn:
        await communities.change(conn, int(desk.found["community"]), changes)
