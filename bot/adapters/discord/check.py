"""Whether Discord is set up: token, key, intents and where interactions arrive; what to do where it isn't."""

from dataclasses import dataclass

import aiohttp
import discord

from bot.adapters.discord.install import install_link
from bot.adapters.discord.library import point, translate
from clipnet.settings import Settings

PORTAL = "the application's page in Discord's developer portal"


@dataclass(frozen=True, slots=True)
class Checkup:
    """What was found.

    Attributes:
        saw: what is there, in a line.
        wrong: what is wrong, each with what to do.
        invite: the link that adds the bot to a server; empty while the token isn't right.
    """

    saw: str
    wrong: tuple[str, ...] = ()
    invite: str = ""


async def check(settings: Settings) -> Checkup | None:
    """Ask Discord; None when no token is set. Nothing is changed there, and no session is begun."""
    if not settings.discord.token:
        return None
    point(settings.discord)
    client = discord.Client(intents=discord.Intents(guilds=True), max_messages=None)
    try:
        await client.login(settings.discord.token)
        found = await client.application_info()
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        told = translate(error)
        return Checkup("Discord can't be asked", (f"{told.sentence} {told.hint}".strip(),))
    finally:
        await client.close()
    assert client.user is not None
    wrong = [*_identity(settings, found), *_intents(settings, found), *_endpoint(settings, found)]
    servers = found.approximate_guild_count
    return Checkup(f"{client.user.name}, in {servers} servers", tuple(wrong), install_link(found.id))


def _identity(settings: Settings, found: discord.AppInfo) -> list[str]:
    ours, wrong = settings.discord, []
    if ours.application_id and ours.application_id != str(found.id):
        wrong.append(f"DISCORD_APPLICATION_ID is another application's: this token's is {found.id}.")
    if ours.public_key and ours.public_key.lower() != found.verify_key.lower():
        wrong.append(f"DISCORD_PUBLIC_KEY is another application's: copy it from {PORTAL}.")
    return wrong


def _intents(settings: Settings, found: discord.AppInfo) -> list[str]:
    flags = found.flags
    may_read = flags.gateway_message_content or flags.gateway_message_content_limited
    if settings.discord.message_content and not may_read:
        return [f"DISCORD_MESSAGE_CONTENT is on, but “Message Content Intent” isn't: switch it on at {PORTAL}."]
    return []


def _endpoint(settings: Settings, found: discord.AppInfo) -> list[str]:
    there, base = found.interactions_endpoint_url, settings.web.base_url
    if settings.discord.transport == "gateway":
        takes = "takes all interactions; remove it, or set DISCORD_TRANSPORT=http"
        return [f"The interactions endpoint {there} {takes}."] if there else []
    if not settings.discord.public_key:
        return [f"DISCORD_PUBLIC_KEY is not set: copy it from {PORTAL}."]
    wanted = f"{base.rstrip('/')}/hooks/discord" if base else "https://…/hooks/discord"
    return (
        [] if there == wanted else [f"Set the interactions endpoint to {wanted} at {PORTAL}; now: {there or 'none'}."]
    )
