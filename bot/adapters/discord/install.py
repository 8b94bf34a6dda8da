"""The link by which a server adds the bot, with the least rights that it needs."""

from typing import Final

import discord
from discord.utils import oauth_url

SCOPES: Final = ("bot", "applications.commands")
RIGHTS: Final[dict[str, str]] = {
    "view_channel": "to hear where it is spoken to, and to find what it said after a restart",
    "send_messages": "to announce clips and to go on with a message after an interaction has ended",
    "send_messages_in_threads": "the same in threads",
    "embed_links": "its messages are embeds",
    "attach_files": "clips are sent as files",
    "read_message_history": "to answer to a message, and to look whether something was said before it is said again",
}
"""Each right by discord.py's name for it, and what it is for."""


def permissions() -> discord.Permissions:
    """All rights that the bot asks for."""
    return discord.Permissions(**dict.fromkeys(RIGHTS, True))


def install_link(application_id: int | str) -> str:
    """Where somebody who runs a server adds the bot to it."""
    return oauth_url(int(application_id), permissions=permissions(), scopes=SCOPES)
