"""What happens on Discord besides interactions: words, servers that are joined, channels and people that go."""

import discord
from loguru import logger

from bot.adapters.discord import reading, subjects
from bot.adapters.discord.answering import Answers
from bot.adapters.discord.library import translated
from bot.adapters.discord.speaker import DiscordSpeaker
from bot.answer import Answer
from bot.community import read_settings
from bot.context import Services
from bot.router import PREFIXES, Router
from bot.speaker import Telling
from bot.vocabulary import Invocation, Place, Reply, Subject
from bot.withdraw import leave_all, withdraw
from clipnet.errors import ClipNetError
from clipnet.texts import text
from db import communities, identities
from db.jobs import Changed

PREFIX = PREFIXES["discord"]
WELCOME = text(
    "Thanks for adding ClipNet! If you run this server, say /setup show to begin; /help shows what everybody can do."
)


class Events:
    """Answers messages, and follows what becomes of servers. `bot_id`, set once it is known, tells who is meant."""

    def __init__(self, router: Router, speaker: DiscordSpeaker, answers: Answers) -> None:
        self.bot_id = ""
        self._router = router
        self._services: Services = router.services
        self._speaker = speaker
        self._answers = answers

    async def heard(self, message: discord.Message) -> Answer | None:
        """A message that may be for us: one that begins with `!`, or speaks to us."""
        words = self._words(message)
        if words is None:
            return None
        place = place_of(message)
        said = Invocation(
            event_id=str(message.id),
            surface="discord",
            actor=reading.actor_of(message.author),
            place=place,
            text=words,
            subject=self._subject(message),
            message_id=str(message.id),
            place_roles=reading.roles_of(message.author),
        )
        answer = await self._router.handle(said)
        if answer is not None and not answer.quiet:
            await self._say(message, place, answer)
        return answer

    async def joined(self, guild: discord.Guild) -> None:
        """Greet, once, where the bot may speak; the server's own choice of channel first."""
        channel = next((c for c in (guild.system_channel, *guild.text_channels) if c and _may_speak(c)), None)
        if channel is None:
            return
        place = Place("discord", str(channel.id), within=str(guild.id))
        try:
            await self._speaker.say(place, Telling(Reply(WELCOME), key=f"hello-{guild.id % 10**12}"))
        except ClipNetError as error:
            logger.info("a server isn't greeted", why=error.code)

    async def closed(self, channel: discord.abc.GuildChannel) -> None:
        """Forget a channel that is gone where a community speaks in it."""
        async with self._services.queue.transaction(created_by="discord") as tx:
            community = await communities.at_place(tx.conn, "discord", str(channel.guild.id))
            if community is None:
                return
            settings = read_settings(community.settings)
            spots = {"clip_channel": settings.clip_channel, "ops_channel": settings.ops_channel}
            gone = {name: None for name, spot in spots.items() if spot and spot.id == str(channel.id)}
            if gone:
                await communities.change(tx.conn, community.id, dict(gone))
                logger.warning("a channel that was spoken in is gone", community=community.id, settings=list(gone))

    async def deleted(self, message_ids: set[int]) -> None:
        """Whoever deletes the message that asked takes the request back."""
        for message_id in message_ids:
            await withdraw(self._services, "discord", str(message_id))

    async def banned(self, guild_id: int, user_id: int) -> None:
        """Somebody was banned from a server: what they ask for there is not asked for any more."""
        changed: list[Changed] = []
        async with self._services.queue.transaction(created_by="banned") as tx:
            community = await communities.at_place(tx.conn, "discord", str(guild_id))
            known = await identities.by_platform_id(tx.conn, "discord", str(user_id))
            if community is not None and known is not None:
                _, changed = await leave_all(tx, known.user_id, community.id, note="banned on Discord")
        await self._services.queue.tell(changed)

    def _words(self, message: discord.Message) -> str | None:
        """What is said to us, as a command; None when it is none."""
        words = message.content.strip()
        for mention in (f"<@{self.bot_id}>", f"<@!{self.bot_id}>"):
            if self.bot_id and words.startswith(mention):
                words = words.removeprefix(mention).strip()
                return words if words.startswith(PREFIX) or not words else f"{PREFIX}{words}"
        return words if words.startswith(PREFIX) else None

    def _subject(self, message: discord.Message) -> Subject:
        """The video that came with the message, or that of the message which it answers to."""
        attached = next((url for each in message.attachments if (url := subjects.video_of(each.to_dict()))), None)
        answered = message.reference.resolved if message.reference else None
        if attached or not isinstance(answered, discord.Message):
            return Subject(video=attached) if attached else Subject()
        return subjects.of_message(wire_of(answered), self.bot_id)

    async def _say(self, message: discord.Message, place: Place, answer: Answer) -> None:
        """Answer below the message; what only the person may see goes to their direct messages."""
        telling = Telling(answer.reply, key=f"re-{message.id}", answers=str(message.id))
        try:
            if answer.reply.private and answer.problem is None and message.guild is not None:
                with translated():
                    channel = await message.author.create_dm()
                place = Place("discord", str(channel.id))
                telling = Telling(answer.reply, key=f"re-{message.id}")
            spoken = await self._speaker.say(place, telling)
        except ClipNetError as error:
            logger.info("a message isn't answered", why=error.code)
        else:
            await self._answers.remember(answer, place, spoken.id)


def place_of(message: discord.Message) -> Place:
    """Where a message was written."""
    return Place("discord", str(message.channel.id), within=str(message.guild.id) if message.guild else "")


def wire_of(message: discord.Message) -> reading.Wire:
    """The parts of a message that say what “this” means, as Discord itself describes them."""
    return {
        "author": {"id": str(message.author.id)},
        "content": message.content,
        "attachments": [each.to_dict() for each in message.attachments],
        "embeds": [each.to_dict() for each in message.embeds],
        "components": [each.to_dict() for each in message.components],
    }


def _may_speak(channel: discord.TextChannel) -> bool:
    rights = channel.permissions_for(channel.guild.me)
    return rights.view_channel and rights.send_messages and rights.embed_links
