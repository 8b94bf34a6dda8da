"""Messages and reactions, as the bot sends, edits, reads and deletes them."""

from urllib.parse import unquote

from aiohttp import web

from tests.fakes.discord import posting
from tests.fakes.discord.errors import form_error, refused
from tests.fakes.discord.messages import EPHEMERAL, Message
from tests.fakes.discord.people import Channel, User, Wire
from tests.fakes.discord.permissions import Permission
from tests.fakes.discord.platform import Platform
from tests.fakes.discord.rest import answer, may, message_form, nothing, number, snowflake
from tests.fakes.server import Call, Refusal

REPLY = 19
MESSAGES = "/channels/{channel}/messages"


class MessageRoutes:
    """Everything below /channels/{channel}/messages."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        api = platform.api
        api("POST", MESSAGES, self.send)
        api("GET", MESSAGES, self.listed)
        api("GET", MESSAGES + "/{message}", self.read)
        api("PATCH", MESSAGES + "/{message}", self.edit)
        api("DELETE", MESSAGES + "/{message}", self.delete)
        api("PUT", MESSAGES + "/{message}/reactions/{emoji}/@me", self.react)
        api("DELETE", MESSAGES + "/{message}/reactions/{emoji}/@me", self.unreact)
        api("GET", MESSAGES + "/{message}/reactions/{emoji}", self.who_reacted)
        api("POST", "/channels/{channel}/typing", self.typing)

    async def send(self, call: Call) -> web.Response:
        """A new message."""
        channel = self._platform.channel(snowflake(call, "channel"))
        may(channel, Permission.SEND_MESSAGES)
        form = await message_form(self._platform, call, "MessageCreateRequest", channel)
        body: Wire = form.body
        if body.get("flags", 0) and body["flags"] & EPHEMERAL:
            raise form_error(["flags"], "MESSAGE_FLAGS_INVALID", "Only interactions are answered ephemerally.")
        if body.get("embeds"):
            may(channel, Permission.EMBED_LINKS)
        if form.files:
            may(channel, Permission.ATTACH_FILES)
        if channel.recipient is not None and not channel.recipient.accepts_dms:
            raise refused(403, 50007)
        if body.get("enforce_nonce") and body.get("nonce") is not None:
            before = posting.repeated(self._platform, self._platform.bot, body["nonce"])
            if before is not None:
                return answer(before.wire())
        answers = self._referenced(channel, body.get("message_reference"))
        kind = REPLY if answers else 0
        sent = posting.send(self._platform, channel, self._platform.bot, body, form.files, kind=kind, answers=answers)
        return answer(sent.wire())

    def _referenced(self, channel: Channel, reference: Wire | None) -> Message | None:
        if reference is None:
            return None
        found = self._platform.ledger.shown(str(reference["message_id"]))
        if found is None or found.channel is not channel or found.ephemeral:
            if reference.get("fail_if_not_exists") is False:
                return None
            refusal = form_error(["message_reference"], "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
            raise Refusal(refusal.status, refusal.body)
        may(channel, Permission.READ_MESSAGE_HISTORY)
        return found

    async def listed(self, call: Call) -> web.Response:
        """The newest messages of a channel, newest first."""
        channel = self._platform.channel(snowflake(call, "channel"))
        may(channel)
        limit = number(call, "limit", 1, 100, 50)
        if channel.guild and not channel.guild.me.permissions(channel) & Permission.READ_MESSAGE_HISTORY:
            return answer([])
        found = self._platform.ledger.in_channel(channel)
        if "before" in call.query:
            found = [one for one in found if int(one.id) < number(call, "before", 0, 2**63, 0)]
        if "after" in call.query:
            found = [one for one in found if int(one.id) > number(call, "after", 0, 2**63, 0)][:limit]
        if "around" in call.query:
            middle = number(call, "around", 0, 2**63, 0)
            near = sorted(found, key=lambda one: abs(int(one.id) - middle))[:limit]
            found = [one for one in found if one in near]
        return answer([one.wire() for one in reversed(found[-limit:])])

    def _message(self, call: Call) -> Message:
        channel = self._platform.channel(snowflake(call, "channel"))
        may(channel)
        found = self._platform.ledger.shown(snowflake(call, "message"))
        if found is None or found.channel is not channel or found.ephemeral:
            raise refused(404, 10008)
        return found

    async def read(self, call: Call) -> web.Response:
        """One message."""
        message = self._message(call)
        if message.channel.guild:
            rights = message.channel.guild.me.permissions(message.channel)
            if not rights & Permission.READ_MESSAGE_HISTORY:
                raise refused(403, 50001)
        return answer(message.wire())

    async def edit(self, call: Call) -> web.Response:
        """A new version of the bot's own message."""
        message = self._message(call)
        if message.author is not self._platform.bot:
            raise refused(403, 50005, violation="edits somebody else's message")
        form = await message_form(self._platform, call, "MessageEditRequestPartial", message.channel, message)
        posting.edit(self._platform, message, form.body, form.files)
        return answer(message.wire())

    async def delete(self, call: Call) -> web.Response:
        """Take a message away; somebody else's needs the permission."""
        message = self._message(call)
        if message.author is not self._platform.bot:
            may(message.channel, Permission.MANAGE_MESSAGES)
        posting.delete(self._platform, message)
        return nothing()

    def _reaction(self, call: Call) -> tuple[Message, str, list[str]]:
        message = self._message(call)
        emoji = unquote(call.args["emoji"])
        if emoji.isascii() and ":" not in emoji:
            raise refused(400, 10014, violation=f"{emoji!r} is no emoji")
        return message, emoji, message.reactions.setdefault(emoji, [])

    def _told(self, event: str, message: Message, emoji: str, user: User) -> None:
        data: Wire = {"user_id": user.id, "channel_id": message.channel.id, "message_id": message.id, "type": 0}
        data |= {"emoji": {"id": None, "name": emoji}, "burst": False, "message_author_id": message.author.id}
        if message.channel.guild:
            data["guild_id"] = message.channel.guild.id
        self._platform.emit(event, data)

    async def react(self, call: Call) -> web.Response:
        """The bot reacts."""
        message, emoji, who = self._reaction(call)
        if not who:
            may(message.channel, Permission.ADD_REACTIONS)
        may(message.channel, Permission.READ_MESSAGE_HISTORY)
        if self._platform.bot.id not in who:
            who.append(self._platform.bot.id)
            self._told("MESSAGE_REACTION_ADD", message, emoji, self._platform.bot)
        return nothing()

    async def unreact(self, call: Call) -> web.Response:
        """The bot takes its reaction back."""
        message, emoji, who = self._reaction(call)
        if self._platform.bot.id in who:
            who.remove(self._platform.bot.id)
            self._told("MESSAGE_REACTION_REMOVE", message, emoji, self._platform.bot)
        return nothing()

    async def who_reacted(self, call: Call) -> web.Response:
        """Who reacted with one emoji."""
        _, _, who = self._reaction(call)
        return answer([self._platform.users[one].wire() for one in who])

    async def typing(self, call: Call) -> web.Response:
        """The bot is shown as typing."""
        may(self._platform.channel(snowflake(call, "channel")), Permission.SEND_MESSAGES)
        return nothing()
