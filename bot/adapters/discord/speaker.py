"""Speaks on Discord: sends, changes and takes back messages, with a clip as a file where it fits, else as a link."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import discord
from discord.utils import MISSING

from bot.adapters.discord.buttons import Shelf, view_of
from bot.adapters.discord.documents import documents_of
from bot.adapters.discord.library import translated
from bot.adapters.discord.line import Line
from bot.adapters.discord.looks import ASKER, NOBODY, bar_of, embed_of, key_of, links_of
from bot.adapters.discord.memory import Memory
from bot.languages.telling import tell
from bot.speaker import MediaFile, Spoken, Telling
from bot.vocabulary import Place, Progress, Reply
from clipnet.clock import Clock, SystemClock
from clipnet.errors import ClipNetError, NotFound
from clipnet.texts import text

LEAST_LIMIT = 10 * 1024**2
REQUEST_BYTES = 25 * 1024**2
"""Files of one request together, unless a single one may be larger."""
MOST_FILES = 10
LOOK_BACK = 50
"""Messages among which one that may have been sent is looked for."""
KNOWN_S = 3600.0
MOST_KNOWN = 1000
"""Channels whose limit is remembered."""
ORIGINAL: Any = "@original"
"""What an interaction's first answer is called where its id isn't known; the library hands it on as it is."""
MARGIN_S = 30.0
"""An interaction's token isn't used in the last seconds of its life."""


class DiscordSpeaker:
    """A `bot.speaker.Speaker` by the bot's own token, and by an interaction's token while that lives.

    Args:
        base_url: the API's address as others see it, for links to clips that don't fit.
        shelf: where buttons that say too much are kept; without one they are left out.
    """

    platform = "discord"
    can_edit = True

    def __init__(
        self, line: Line, base_url: str | None, *, clock: Clock | None = None, shelf: Shelf | None = None
    ) -> None:
        self._line = line
        self._base_url = base_url
        self._clock = clock or SystemClock()
        self._shelf = shelf
        self._limits: Memory[str, int] = Memory(self._clock, most=MOST_KNOWN, life_s=KNOWN_S)
        self._servers: Memory[str, str] = Memory(self._clock, most=MOST_KNOWN, life_s=KNOWN_S)

    async def say(self, place: Place, telling: Telling) -> Spoken:
        """Send a message; the same key within some minutes is the same message. Raises as `Speaker` says."""
        client = await self._line.client()
        with translated():
            if place.private:
                return await self._aside(client, place, telling)
            if (answered := await self._answer(client, place, telling)) is not None:
                return answered
            parts = await self._parts(client, place, telling, by_token=False)
            if telling.answers:
                parts["reference"] = discord.MessageReference(
                    message_id=int(telling.answers), channel_id=int(place.id), fail_if_not_exists=False
                )
            sent = {name: part for name, part in parts.items() if part is not MISSING}
            message = await client.get_partial_messageable(int(place.id)).send(
                **sent, nonce=telling.key, allowed_mentions=ASKER
            )
        return Spoken(str(message.id), bare(place), await self._url(client, place, message))

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken:
        """Change a message. Files that it has stay where it goes on to show media and none are given."""
        client = await self._line.client()
        by_token = self._webhook(client, spoken.place) is not None
        with translated():
            parts = await self._parts(client, spoken.place, telling, by_token=by_token)
            media, files = bool(telling.reply.media), parts.pop("files", [])
            change = {"embed": parts["embed"], "view": None if parts["view"] is MISSING else parts["view"]}
            if files or not media:
                change |= {"content": parts["content"] or None, "attachments": files}
            message = await self._patch(client, spoken, change)
            if media and not files and not message.attachments and message.content != (parts["content"] or ""):
                message = await self._patch(client, spoken, {"content": parts["content"] or None})
        return replace(spoken, url=await self._url(client, spoken.place, message))

    async def show(self, spoken: Spoken, said: Reply, progress: Progress, language: str) -> None:
        """Show below what a message says how far its request is; everything else of it stays."""
        client = await self._line.client()
        bar = tell(Reply(bar_of(progress)), language)
        with translated():
            embeds = [embed_of(said), discord.Embed(description=bar.text)]
            await self._patch(client, spoken, {"embeds": embeds})

    async def point_on(self, spoken: Spoken, url: str, language: str) -> None:
        """Leave in place of a message the way to where it goes on."""
        client = await self._line.client()
        words = tell(Reply(text("This continues in a new message.")), language)
        with translated():
            change = {"content": url, "embed": embed_of(words), "view": None}
            await self._patch(client, spoken, change)

    async def delete(self, spoken: Spoken) -> bool:
        """Take a message back."""
        client = await self._line.client()
        with translated():
            webhook = self._webhook(client, spoken.place)
            if webhook is not None:
                await webhook.delete_message(int(spoken.id))
            else:
                channel = client.get_partial_messageable(int(spoken.place.id))
                await channel.get_partial_message(int(spoken.id)).delete()
        return True

    async def find(self, place: Place, key: str) -> Spoken | None:
        """The message of that key among the last ones of its channel."""
        client = await self._line.client()
        with translated():
            channel = client.get_partial_messageable(int(place.id))
            async for message in channel.history(limit=LOOK_BACK):
                ours = client.user is not None and message.author.id == client.user.id
                if ours and (message.nonce == key or key_of(message.embeds) == key):
                    return Spoken(str(message.id), bare(place), await self._url(client, place, message))
        return None

    async def _aside(self, client: discord.Client, place: Place, telling: Telling) -> Spoken:
        """Speak to one person, by the token of what they did."""
        webhook = self._webhook(client, place)
        if webhook is None:
            raise NotFound(text("A reply that only one person saw on Discord can't be updated any more."))
        parts = await self._parts(client, place, telling, by_token=True)
        message = await webhook.send(**parts, ephemeral=True, wait=True, allowed_mentions=NOBODY)
        return Spoken(str(message.id), place, await self._url(client, place, message))

    async def _answer(self, client: discord.Client, place: Place, telling: Telling) -> Spoken | None:
        """Fill the message that the interaction was acknowledged with, which nobody wrote down; None where it is gone.

        So it is when the process that acknowledged ended before it had answered.
        """
        webhook = self._webhook(client, place)
        if webhook is None:
            return None
        parts = await self._parts(client, place, telling, by_token=True)
        shown = {name: part for name, part in parts.items() if name != "files"} | {"attachments": parts["files"]}
        try:
            message = await webhook.edit_message(ORIGINAL, **shown, allowed_mentions=NOBODY)
        except discord.NotFound:
            return None
        return Spoken(str(message.id), place, await self._url(client, place, message))

    async def _patch(self, client: discord.Client, spoken: Spoken, change: dict[str, Any]) -> discord.Message:
        webhook = self._webhook(client, spoken.place)
        if webhook is not None:
            return await webhook.edit_message(int(spoken.id), **change, allowed_mentions=NOBODY)
        if spoken.place.private:
            raise NotFound(text("A reply that only one person saw on Discord can't be updated any more."))
        channel = client.get_partial_messageable(int(spoken.place.id))
        return await channel.get_partial_message(int(spoken.id)).edit(**change, allowed_mentions=NOBODY)

    async def _parts(self, client: discord.Client, place: Place, telling: Telling, *, by_token: bool) -> dict[str, Any]:
        """Embed, links, buttons and files of a message; empty ones are the library's MISSING."""
        said = int(place.extra.get("file_limit", LEAST_LIMIT)) if by_token else None
        limit = said if said is not None else await self._limit(client, place, telling)
        sent = fitting(telling, limit)
        reply, documents = await documents_of(telling.reply, limit)
        media = reply.media
        links = links_of(media, self._base_url, without={key for key, _ in sent})
        return {
            "embed": embed_of(reply, telling.key),
            "content": links or MISSING,
            "view": await view_of(reply.actions, self._shelf) or MISSING,
            "files": [*(discord.File(file.path, filename=file.name) for _, file in sent), *documents],
        }

    async def _limit(self, client: discord.Client, place: Place, telling: Telling) -> int:
        """Bytes that a file may have in a channel, by the level of its guild; the least where that can't be known."""
        if not telling.reply.as_file and all(file.bytes <= LEAST_LIMIT for file in telling.files.values()):
            return LEAST_LIMIT
        if (known := self._limits.get(place.id)) is not None:
            return known
        try:
            guild_id = int(place.within or 0) or await _guild_of(client, int(place.id))
            found = (await client.fetch_guild(guild_id, with_counts=False)).filesize_limit if guild_id else LEAST_LIMIT
        except (discord.HTTPException, discord.InvalidData, ClipNetError):
            return LEAST_LIMIT
        self._limits.put(place.id, found)
        return found

    async def _url(self, client: discord.Client, place: Place, message: discord.Message) -> str:
        """Where a person finds a message. The library doesn't know its server where it keeps none in mind."""
        server = place.within or await self._server(client, place.id)
        return f"https://discord.com/channels/{server or '@me'}/{place.id}/{message.id}"

    async def _server(self, client: discord.Client, channel_id: str) -> str:
        """The server of a channel; empty for direct messages, and where that can't be known."""
        known = self._servers.get(channel_id)
        if known is None:
            try:
                known = str(await _guild_of(client, int(channel_id)) or "")
            except (discord.HTTPException, discord.InvalidData, ClipNetError):
                return ""
            self._servers.put(channel_id, known)
        return known

    def _webhook(self, client: discord.Client, place: Place) -> discord.Webhook | None:
        """The way by an interaction's token, while it is good."""
        token, application = place.extra.get("token"), place.extra.get("application")
        until = float(place.extra.get("until", 0))
        if not token or not application or self._clock.now().timestamp() > until - MARGIN_S:
            return None
        return discord.Webhook.partial(int(application), token, client=client)


def bare(place: Place) -> Place:
    """The place without what ends with an interaction: there the bot speaks by itself."""
    kept = {name: value for name, value in place.extra.items() if name not in ("token", "application", "until")}
    return replace(place, extra={name: value for name, value in kept.items() if name != "file_limit"})


def fitting(telling: Telling, limit: int) -> Sequence[tuple[str, MediaFile]]:
    """The files of a message that Discord takes together, in the order of its media, with their keys."""
    found: list[tuple[str, MediaFile]] = []
    left = max(limit, REQUEST_BYTES)
    for media in telling.reply.media:
        file = telling.files.get(media.key)
        if file is None or file.bytes > limit or file.bytes > left or len(found) == MOST_FILES:
            continue
        found.append((media.key, file))
        left -= file.bytes
    return found


async def _guild_of(client: discord.Client, channel_id: int) -> int | None:
    channel = await client.fetch_channel(channel_id)
    guild = getattr(channel, "guild", None)
    return guild.id if guild is not None else None
