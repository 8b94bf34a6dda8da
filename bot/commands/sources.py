"""`sources add`, `sources remove`, `sources list`: channels that a community calls its own."""

from pydantic import BaseModel

from bot.command import Command, Param
from bot.commands.ban import community
from bot.context import Context
from bot.params import CHOICE, TEXT
from bot.vocabulary import Field, Reply
from clipnet.errors import BadInput, Conflict
from clipnet.texts import text
from db import rights

PLATFORMS = ("twitch", "youtube", "x", "discord")
_LONGEST = 60
_YOUTUBE_ID = 24


class Channels(BaseModel):
    """Channels of a community, as `platform:id`."""

    channels: list[str]


async def _add(ctx: Context, *, platform: str, channel: str, name: str | None) -> Reply:
    if not await rights.link(ctx.conn, community(ctx), platform, _channel(platform, channel), name or ""):
        raise Conflict(text("That channel is linked already."))
    return await _told(ctx)


async def _remove(ctx: Context, *, platform: str, channel: str) -> Reply:
    if not await rights.unlink(ctx.conn, community(ctx), platform, _channel(platform, channel)):
        raise Conflict(text("That channel isn't linked."))
    return await _told(ctx)


async def _list(ctx: Context) -> Reply:
    community(ctx)
    return await _told(ctx)


async def _told(ctx: Context) -> Reply:
    found = await rights.linked(ctx.conn, community(ctx))
    lines = tuple(Field(one.platform, f"{one.channel_id} {one.name}".strip()) for one in found)
    said = text("{n} channel.", "{n} channels.", n=len(found)) if found else text("No channel is linked.")
    return Reply(said, lines, data=Channels(channels=[f"{one.platform}:{one.channel_id}" for one in found]))


def _channel(platform: str, typed: str) -> str:
    """A channel as `sources.channels` has it: an id as it is, a name with an @ before it, so that the two can't be
    taken for each other."""
    if " " in typed or "/" in typed or len(typed) > _LONGEST:
        raise BadInput(text("That is not the id of a channel."), hint=text("Give its id or handle, without a link."))
    is_id = typed.isdigit() or (platform == "youtube" and len(typed) == _YOUTUBE_ID and typed.startswith("UC"))
    return typed.lower() if is_id or typed.startswith("@") else f"@{typed.lower()}"


_PLATFORM = Param("platform", CHOICE, "where the channel is", required=True, positional=True, choices=PLATFORMS)
_CHANNEL = Param("channel", TEXT, "the platform's id or handle of it", required=True, positional=True)

SOURCES = (
    Command(
        name="sources add",
        help="Say that a channel is this community's own",
        handler=_add,
        data=Channels,
        params=(_PLATFORM, _CHANNEL, Param("name", TEXT, "what to call it")),
        role="owner",
        changes="clips of the channel may be posted once the vote approves them",
        examples=("sources add youtube @clipnet", "sources add twitch 123456"),
    ),
    Command(
        name="sources remove",
        help="Say that a channel isn't this community's own",
        handler=_remove,
        data=Channels,
        params=(_PLATFORM, _CHANNEL),
        role="owner",
        changes="clips of the channel wait for a moderator's word before they are posted",
        examples=("sources remove youtube @clipnet",),
    ),
    Command(
        name="sources list",
        help="List the channels that are this community's own",
        handler=_list,
        data=Channels,
        role="owner",
        examples=("sources list",),
    ),
)
