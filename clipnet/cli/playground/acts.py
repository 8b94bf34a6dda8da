"""What the players do, as the page asks for it: each act a model that is checked, and what came of it as plain data."""

from collections.abc import Awaitable, Callable
from itertools import cycle
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from clipnet.cli.playground.broadcast import Broadcast
from clipnet.cli.playground.cast import PEOPLE, Cast
from clipnet.cli.playground.platforms import Platforms
from clipnet.errors import BadInput, NotFound
from tests.fakes import discord, twitch, x
from tests.fakes.discord.handles import InteractionHandle

FIRST_RESPONSE_S: Final = 3.5
"""Discord waits three seconds for the first response to an interaction, and so do we."""
CHEERS: Final = ("no way", "hahaha", "wow", "did you see that", "again!", "what a moment")
TIMEOUT_S: Final = 60
Said = dict[str, Any]
Found = TypeVar("Found")


class Act(BaseModel):
    """Somebody does something; `who` is a name of the cast."""

    model_config = ConfigDict(extra="forbid")

    who: str = Field(max_length=40)


class Say(Act):
    """A message: on Discord maybe with a sample video, or as an answer; on X maybe with one."""

    text: str = Field(default="", max_length=4000)
    channel: str = "general"
    sample: str = ""
    answers: str = ""


class Slash(Act):
    """A slash command with its options as typed; the option of an attachment holds a sample's name."""

    channel: str = "general"
    command: str = Field(max_length=80)
    options: dict[str, str] = Field(default_factory=dict)
    focused: str = ""


class OnMessage(Act):
    """A command of a message's menu."""

    message: str
    command: str = Field(max_length=40)


class Press(Act):
    """A button of a message, by its custom id."""

    message: str
    button: str


class Fill(Act):
    """A form that popped up, by the interaction that it answered."""

    form: str
    fields: dict[str, str]


class React(Act):
    """A reaction to a message."""

    message: str
    emoji: str = Field(max_length=32)


class Take(Act):
    """Somebody takes a message back, or a moderator takes it away."""

    message: str


class Cheer(BaseModel):
    """Everybody else who watches writes something at once: that they liked it, or that they want a clip."""

    model_config = ConfigDict(extra="forbid")

    wants: Literal["cheer", "clip"]


class Stream(BaseModel):
    """The broadcaster goes live, or stops."""

    model_config = ConfigDict(extra="forbid")

    live: bool


class Players:
    """Lets the people of the cast act on the platforms. Every method raises ClipNetError for what can't be done."""

    def __init__(self, platforms: Platforms, cast: Cast, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        self._discord, self._twitch, self._x = platforms.discord, platforms.twitch, platforms.x
        self._cast = cast
        self._forms: dict[str, InteractionHandle] = {}
        self.acts: dict[str, tuple[type[BaseModel], Callable[[Any], Awaitable[Said]]]] = {
            "discord/say": (Say, self.discord_say),
            "discord/slash": (Slash, self.slash),
            "discord/complete": (Slash, self.complete),
            "discord/menu": (OnMessage, self.menu),
            "discord/press": (Press, self.press),
            "discord/fill": (Fill, self.fill),
            "discord/react": (React, self.react),
            "discord/delete": (Take, self.discord_delete),
            "discord/ban": (Take, self.discord_ban),
            "twitch/say": (Say, self.twitch_say),
            "twitch/delete": (Take, self.twitch_delete),
            "twitch/timeout": (Take, self.twitch_timeout),
            "twitch/crowd": (Cheer, self.crowd),
            "twitch/stream": (Stream, self.stream),
            "x/say": (Say, self.post),
            "x/delete": (Take, self.x_delete),
        }

    async def discord_say(self, act: Say) -> Said:
        """Write into a channel."""
        files = [self._sample(act.sample)] if act.sample else []
        answers = self._message(act.answers) if act.answers else None
        channel = self._channel(act.channel)
        text = self._mentioning(act.text)
        sent = await self._discord.say(self._member(act), channel, text, attachments=files, reply_to=answers)
        return {"message": sent.id}

    async def slash(self, act: Slash) -> Said:
        """Give a slash command."""
        options = self._options(act)
        return await self._came(
            await self._discord.slash(self._member(act), self._channel(act.channel), act.command, options)
        )

    async def complete(self, act: Slash) -> Said:
        """What is offered while an option is typed."""
        options = {**self._options(act), act.focused: act.options.get(act.focused, "")}
        channel = self._channel(act.channel)
        try:
            found = await self._discord.autocomplete(
                self._member(act), channel, act.command, options, act.focused, timeout_s=FIRST_RESPONSE_S
            )
        except TimeoutError:
            found = []
        return {"choices": found}

    async def menu(self, act: OnMessage) -> Said:
        """Use a command of a message's menu."""
        message = self._message(act.message)
        done = await self._discord.context_menu(self._member(act), message.channel, act.command, message)
        return await self._came(done)

    async def press(self, act: Press) -> Said:
        """Press a button."""
        return await self._came(await self._discord.press(self._member(act), self._message(act.message), act.button))

    async def fill(self, act: Fill) -> Said:
        """Send a form."""
        opened = self._forms.get(act.form)
        if opened is None:
            raise NotFound("That form is not open any more.")
        return await self._came(await self._discord.submit_modal(self._member(act), opened, act.fields))

    async def react(self, act: React) -> Said:
        """React, or take the reaction back."""
        message, member = self._message(act.message), self._member(act)
        taken = member.id in message.reactions.get(act.emoji, [])
        await (self._discord.unreact if taken else self._discord.react)(member, message, act.emoji)
        return {}

    async def discord_delete(self, act: Take) -> Said:
        """Delete a message of one's own, or as moderator or owner any."""
        message, member = self._message(act.message), self._member(act)
        if message.author is not member.user and PEOPLE[act.who] == "viewer":
            raise BadInput("Only its author and moderators can delete that.")
        await self._discord.delete_message(message)
        return {}

    async def discord_ban(self, act: Take) -> Said:
        """A moderator bans the author of a message from the server, or lets them back in."""
        author, guild = self._message(act.message).author, self._cast.guild
        if PEOPLE[act.who] == "viewer":
            raise BadInput("Only moderators ban.")
        member = _found({one.id: one for one in self._cast.members.values()}, author.id, "member")
        if author is guild.owner:
            raise BadInput("The owner can't be banned.")
        if author.id not in guild.banned:
            await self._discord.ban(member)
            return {}
        guild.banned.discard(author.id)
        guild.members[author.id] = member
        self._discord.emit("GUILD_BAN_REMOVE", {"guild_id": guild.id, "user": author.wire()})
        self._discord.emit("GUILD_MEMBER_ADD", member.wire() | {"guild_id": guild.id})
        return {}

    async def twitch_say(self, act: Say) -> Said:
        """Write into the chat."""
        answers = self._line(act.answers) if act.answers else None
        if self._cast.stage.shuts_out(self._chatter(act).id, self._twitch.now()):
            raise BadInput(f"{act.who} is timed out in this chat for up to {TIMEOUT_S} s.")
        said = await self._twitch.chat(self._chatter(act), self._cast.stage, act.text, reply_to=answers)
        return {"message": said.id}

    async def twitch_delete(self, act: Take) -> Said:
        """A moderator deletes a line."""
        if not self._cast.stage.moderated_by(self._chatter(act).id):
            raise BadInput("Only moderators delete lines of a Twitch chat.")
        await self._twitch.delete_message(self._line(act.message))
        return {}

    async def twitch_timeout(self, act: Take) -> Said:
        """A moderator times the author of a line out."""
        line, stage = self._line(act.message), self._cast.stage
        if not stage.moderated_by(self._chatter(act).id):
            raise BadInput("Only moderators time people out.")
        if stage.moderated_by(line.user.id):
            raise BadInput("Moderators can't be timed out.")
        await self._twitch.ban(stage, line.user, moderator=self._chatter(act), for_s=TIMEOUT_S)
        return {}

    async def crowd(self, act: Cheer) -> Said:
        """Let the crowd write."""
        for who, cheer in zip(self._cast.crowd, cycle(CHEERS), strict=False):
            await self._twitch.chat(who, self._cast.stage, "!clip" if act.wants == "clip" else cheer)
        return {}

    async def stream(self, act: Stream) -> Said:
        """Go live, or end the stream."""
        if act.live:
            await self._broadcast.start()
            await self._twitch.go_live(self._cast.stage)
        else:
            await self._twitch.end_stream(self._cast.stage)
            self._broadcast.stop()
        return {}

    async def post(self, act: Say) -> Said:
        """Post, alone or as an answer."""
        sample = self._sample(act.sample).data if act.sample else None
        answers = self._post(act.answers) if act.answers else None
        done = self._x.post(self._account(act), act.text, video=sample, reply_to=answers)
        return {"message": done.id}

    async def x_delete(self, act: Take) -> Said:
        """Take one's post back."""
        post = self._post(act.message)
        if post.author is not self._account(act):
            raise BadInput("Only its author can delete a post.")
        self._x.delete_post(post)
        return {}

    async def _came(self, handle: InteractionHandle) -> Said:
        """How an interaction was first answered, or that it wasn't."""
        try:
            await handle.wait_for(lambda one: one.callback or bool(one.failed), FIRST_RESPONSE_S)
        except TimeoutError:
            return {"failed": "ClipBOT did not answer within 3 seconds."}
        if handle.modal is None:
            return {"failed": handle.failed}
        self._forms[handle.id] = handle
        return {"form": handle.id, "title": handle.modal.get("title", ""), "fields": _fields(handle.modal)}

    def _mentioning(self, text: str) -> str:
        """What Discord's client makes of @names."""
        for user in (self._discord.bot, *(member.user for member in self._cast.members.values())):
            text = text.replace(f"@{user.name}", user.mention)
        return text

    def _options(self, act: Slash) -> dict[str, Any]:
        declared = self._declared(act.command)
        return {
            name: self._typed(declared[name], value)
            for name, value in act.options.items()
            if name != act.focused and value and name in declared
        }

    def _declared(self, command: str) -> dict[str, Said]:
        name, *path = command.split()
        try:
            part = self._discord.ledger.command(name, self._cast.guild.id)
        except LookupError:
            raise NotFound(f"ClipBOT has no command /{name} here, or isn't there yet.") from None
        for word in path:
            part = next((one for one in part.get("options", []) if one["name"] == word), {})
        return {one["name"]: one for one in part.get("options", [])}

    def _typed(self, option: Said, value: str) -> Any:
        try:
            match option["type"]:
                case 4:
                    return int(value)
                case 10:
                    return float(value)
                case 5:
                    return value == "true"
                case 6:
                    return self._cast.members[value]
                case 11:
                    return self._sample(value)
        except (ValueError, KeyError):
            raise BadInput(f"{option['name']}: “{value}” doesn't fit.") from None
        return value

    def _sample(self, name: str) -> discord.Upload:
        return _found(self._cast.samples, name, "sample video")

    def _channel(self, name: str) -> discord.Channel:
        return _found(self._cast.channels, name, "channel")

    def _member(self, act: Act) -> discord.Member:
        member = _found(self._cast.members, act.who, "member")
        if member.id in self._cast.guild.banned:
            raise BadInput(f"{act.who} is banned here.", hint="A moderator can end that in the menu of a message.")
        return member

    def _chatter(self, act: Act) -> twitch.User:
        return _found(self._cast.chatters, act.who, "chatter")

    def _account(self, act: Act) -> x.User:
        return _found(self._cast.accounts, act.who, "account")

    def _message(self, message_id: str) -> discord.Message:
        return _found(self._discord.ledger.messages, message_id, "message")

    def _line(self, message_id: str) -> twitch.Message:
        return _found(self._twitch.world.messages, message_id, "line")

    def _post(self, post_id: str) -> x.Post:
        return _found(self._x.world.posts, post_id, "post")


def _found(among: dict[str, Found], name: str, what: str) -> Found:
    if name not in among:
        raise NotFound(f"There is no {what} of that name.")
    return among[name]


def _fields(modal: Said) -> list[Said]:
    found = []
    for part in modal.get("components") or []:
        for one in part.get("components") or ([part["component"]] if part.get("component") else []):
            shown = {"id": one["custom_id"], "label": part.get("label") or one.get("label") or one["custom_id"]}
            shown |= {"value": one.get("value") or "", "required": one.get("required", True)}
            shown |= {"min": one.get("min_length") or 0, "max": one.get("max_length") or 4000}
            found.append(shown | {"long": one.get("style") == 2, "about": part.get("description") or ""})
    return found
