"""What is right and wrong about ClipNet's account on Discord."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import discord

from bot.adapters.discord.install import install_link
from bot.adapters.discord.library import translated
from bot.adapters.discord.line import OwnLine
from bot.adapters.discord.rooms import DiscordRooms
from bot.installation import Installation
from clipnet.errors import ClipNetError, Unavailable
from clipnet.finding import Finding
from clipnet.platform_settings import DiscordSettings

PART = "discord"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose token it is.

    Attributes:
        reads: whether the application may read the content of every message.
        endpoint: where Discord posts interactions to; None: they come by the gateway.
    """

    id: str
    name: str
    application_id: str
    public_key: str
    reads: bool
    endpoint: str | None

    @property
    def invitation(self) -> str:
        """The link by which a server adds it."""
        return install_link(self.application_id)


@asynccontextmanager
async def looking(settings: DiscordSettings) -> AsyncIterator[tuple[Account, DiscordRooms]]:
    """The account, and a look around with it, for this block. Raises `Misconfigured` or `Unavailable`."""
    line = OwnLine(settings)
    try:
        yield await _account(await line.client()), DiscordRooms(line)
    finally:
        await line.close()


async def _account(client: discord.Client) -> Account:
    assert client.user is not None
    with translated():
        info = await client.application_info()
    reads = info.flags.gateway_message_content or info.flags.gateway_message_content_limited
    return Account(
        str(client.user.id), client.user.name, str(info.id), info.verify_key, reads, info.interactions_endpoint_url
    )


async def check(installation: Installation) -> list[Finding]:
    """The token, the servers, the right to read messages, and how interactions arrive."""
    settings = installation.discord
    if not settings.token:
        return [Finding(PART, "note", "off: DISCORD_TOKEN is not set", "clipnet setup leads through it.")]
    try:
        async with looking(settings) as (account, rooms):
            homes = await rooms.homes()
    except Unavailable as error:
        return [Finding(PART, "bad", error.sentence, "See that Discord can be reached from here, and try again.")]
    except ClipNetError as error:
        return [Finding(PART, "bad", error.sentence, error.hint)]
    return [
        _servers(account, len(homes)),
        *_identity(settings, account),
        _content(settings, account),
        _address(installation, account),
    ]


def _servers(account: Account, count: int) -> Finding:
    if count == 0:
        return Finding(PART, "bad", f"{account.name} is in no server", f"Open {account.invitation}")
    return Finding(PART, "good", f"{account.name} is in {count} server{'s' if count != 1 else ''}")


def _identity(settings: DiscordSettings, account: Account) -> list[Finding]:
    """Ids that don't belong to the token."""
    wrong = {
        "DISCORD_APPLICATION_ID": (settings.application_id, account.application_id),
        "DISCORD_PUBLIC_KEY": (settings.public_key, account.public_key),
    }
    return [
        Finding(f"{PART} identity", "bad", f"{name} is another application's", f"This token's is {theirs}.")
        for name, (ours, theirs) in wrong.items()
        if ours and ours.lower() != theirs.lower()
    ]


def _content(settings: DiscordSettings, account: Account) -> Finding:
    part = f"{PART} messages"
    if settings.message_content and not account.reads:
        return Finding(
            part,
            "bad",
            "DISCORD_MESSAGE_CONTENT is set, but the application may not read messages",
            "Switch on “Message Content Intent” on its page “Bot”, or unset DISCORD_MESSAGE_CONTENT.",
        )
    if settings.message_content:
        return Finding(part, "good", "! commands are read in every message")
    return Finding(part, "good", "slash commands, and ! commands where the bot is mentioned; no privileged intent")


def _address(installation: Installation, account: Account) -> Finding:
    part = f"{PART} address"
    if installation.discord.transport == "gateway":
        if account.endpoint:
            return Finding(
                part,
                "bad",
                f"interactions are posted to {account.endpoint}, but DISCORD_TRANSPORT is gateway",
                "Empty “Interactions Endpoint URL” of the application, or set DISCORD_TRANSPORT=http.",
            )
        return Finding(part, "good", "by the gateway: no public address is needed")
    wanted = f"{(installation.base_url or '').rstrip('/')}/hooks/discord"
    if not installation.public or account.endpoint != wanted:
        return Finding(
            part,
            "bad",
            "DISCORD_TRANSPORT is http, but Discord doesn't post interactions to this installation",
            "Set API_BASE_URL to a public https address and give the application "
            f"{wanted} as “Interactions Endpoint URL”; or set DISCORD_TRANSPORT=gateway, which needs neither.",
        )
    return Finding(part, "good", f"by HTTP at {wanted}")
