"""People who use Discord: they write, type commands, press buttons, fill forms, react, delete and ban."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.discord import posting
from tests.fakes.discord.delivering import begin, deliver, redeliver
from tests.fakes.discord.endpoint import Forgery, check_endpoint
from tests.fakes.discord.handles import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, InteractionHandle
from tests.fakes.discord.message_rules import CONTENT
from tests.fakes.discord.messages import Message, Upload
from tests.fakes.discord.modal_rules import LABEL, inputs
from tests.fakes.discord.options import OptionFiller
from tests.fakes.discord.people import Channel, Member, User, Wire
from tests.fakes.discord.permissions import Permission
from tests.fakes.discord.platform import Platform
from tests.fakes.server import PATIENCE_S

Who = Member | User
CHAT_INPUT, USER_MENU, MESSAGE_MENU = 1, 2, 3
LINK = 5


class Acting(Platform):
    """The platform with people in it.

    A method raises ValueError or PermissionError for what their client wouldn't let them do.
    """

    async def say(
        self,
        who: Who,
        channel: Channel,
        text: str = "",
        *,
        attachments: Sequence[Upload] = (),
        reply_to: Message | None = None,
        embeds: Sequence[Wire] = (),
    ) -> Message:
        """Somebody writes; `embeds` stand for what Discord unfurls from their links."""
        _require(who, channel, Permission.SEND_MESSAGES)
        if len(text) > CONTENT or any(file.size > channel.file_limit for file in attachments):
            raise ValueError("the text or a file is longer than people may send")
        body: Wire = {"content": text, "embeds": list(embeds)}
        kind = 19 if reply_to else 0
        return posting.send(self, channel, _user(who), body, dict(enumerate(attachments)), kind=kind, answers=reply_to)

    async def edit_message(self, message: Message, text: str) -> None:
        """Its author changes what it says."""
        posting.edit(self, message, {"content": text})

    async def delete_message(self, message: Message) -> None:
        """Somebody who may takes it away."""
        posting.delete(self, message)

    async def react(self, who: Who, message: Message, emoji: str) -> None:
        """Somebody reacts."""
        user = _user(who)
        people = message.reactions.setdefault(emoji, [])
        if user.id not in people:
            people.append(user.id)
            self._tell_reaction("MESSAGE_REACTION_ADD", who, message, emoji)

    async def unreact(self, who: Who, message: Message, emoji: str) -> None:
        """Somebody takes a reaction back."""
        message.reactions[emoji].remove(_user(who).id)
        self._tell_reaction("MESSAGE_REACTION_REMOVE", who, message, emoji)

    def _tell_reaction(self, event: str, who: Who, message: Message, emoji: str) -> None:
        data: Wire = {"user_id": _user(who).id, "channel_id": message.channel.id, "message_id": message.id, "type": 0}
        data |= {"emoji": {"id": None, "name": emoji}, "burst": False, "message_author_id": message.author.id}
        if message.channel.guild and isinstance(who, Member):
            data |= {"guild_id": message.channel.guild.id}
            if event.endswith("ADD"):
                data["member"] = who.wire()
        self.emit(event, data)

    async def leave(self, member: Member) -> None:
        """Somebody leaves the guild, or is thrown out."""
        member.guild.members.pop(member.id, None)
        self.emit("GUILD_MEMBER_REMOVE", {"guild_id": member.guild.id, "user": member.user.wire()})

    async def ban(self, member: Member) -> None:
        """Somebody is banned from the guild."""
        member.guild.banned.add(member.id)
        self.emit("GUILD_BAN_ADD", {"guild_id": member.guild.id, "user": member.user.wire()})
        await self.leave(member)

    async def delete_channel(self, channel: Channel) -> None:
        """Somebody removes a channel with all its messages."""
        if channel.guild:
            channel.guild.channels.remove(channel)
        self.channels.pop(channel.id)
        self.emit("CHANNEL_DELETE", channel.wire())

    async def slash(
        self,
        who: Who,
        channel: Channel,
        command: str,
        options: Mapping[str, Any] | None = None,
        *,
        attachments: Mapping[str, Upload] | None = None,
    ) -> InteractionHandle:
        """Somebody sends a command (`clip`, or `settings set` for a subcommand).

        `options` hold texts, numbers, `Member`, `Channel` and `Role` by the option's name; `attachments` its files.
        """
        return await self._command(who, channel, command, {**(options or {}), **(attachments or {})})

    async def _command(
        self, who: Who, channel: Channel, command: str, options: Mapping[str, Any], focused: str = ""
    ) -> InteractionHandle:
        _require(who, channel, Permission.USE_APPLICATION_COMMANDS)
        name, *path = command.split()
        guild_id = channel.guild.id if channel.guild else None
        known = self.ledger.command(name, guild_id)
        _require_for(known, who, channel)
        filler = OptionFiller(lambda file: posting.attach(self, channel, file), lenient=bool(focused), focused=focused)
        filled = filler.fill(known, path, options)
        data: Wire = {"id": known["id"], "name": name, "type": CHAT_INPUT, "options": filled.options}
        if filled.resolved:
            data["resolved"] = filled.resolved
        if "guild_id" in known:
            data["guild_id"] = known["guild_id"]
        kind = AUTOCOMPLETE if focused else COMMAND
        return await deliver(self, begin(self, who, channel, kind, data))

    async def autocomplete(
        self,
        who: Who,
        channel: Channel,
        command: str,
        options: Mapping[str, Any],
        focused: str,
        *,
        timeout_s: float = PATIENCE_S,
    ) -> list[Wire]:
        """What is offered while somebody types into the option `focused`.

        Raises:
            TimeoutError: nothing was offered.
        """
        handle = await self._command(who, channel, command, options, focused)
        await handle.wait_for(lambda one: one.choices is not None or one.failed, timeout_s)
        return handle.choices or []

    async def context_menu(
        self, who: Who, channel: Channel, command: str, target: Message | Member
    ) -> InteractionHandle:
        """Somebody uses a command of the menu of a message or of a member."""
        kind = MESSAGE_MENU if isinstance(target, Message) else USER_MENU
        known = self.ledger.command(command, channel.guild.id if channel.guild else None, kind)
        _require_for(known, who, channel)
        resolved: Wire
        if isinstance(target, Message):
            resolved = {"messages": {target.id: target.wire()}}
        else:
            resolved = {"users": {target.id: target.user.wire()}, "members": {target.id: target.wire(user=False)}}
            resolved["members"][target.id]["permissions"] = str(target.permissions())
        data: Wire = {
            "id": known["id"],
            "name": known["name"],
            "type": kind,
            "target_id": target.id,
            "resolved": resolved,
        }
        return await deliver(self, begin(self, who, channel, COMMAND, data))

    async def press(self, who: Who, message: Message, button: str) -> InteractionHandle:
        """Somebody presses a button, named by custom_id or label.

        Raises:
            ValueError: it is a link, disabled, or on a message that they don't see.
        """
        found = self._usable(who, message, button)
        if found.get("style") == LINK:
            raise ValueError(f"{button!r} is a link to {found.get('url')}")
        data: Wire = {"custom_id": found["custom_id"], "component_type": found["type"], "id": found["id"]}
        return await deliver(self, begin(self, who, message.channel, COMPONENT, data, source=message))

    async def select(self, who: Who, message: Message, custom_id: str, values: Sequence[str]) -> InteractionHandle:
        """Somebody chooses from a menu of texts."""
        found = self._usable(who, message, custom_id)
        offered = {one["value"] for one in found.get("options") or []}
        if not set(values) <= offered:
            raise ValueError(f"the menu offers {sorted(offered)}")
        data: Wire = {
            "custom_id": custom_id,
            "component_type": found["type"],
            "id": found["id"],
            "values": list(values),
        }
        return await deliver(self, begin(self, who, message.channel, COMPONENT, data, source=message))

    def _usable(self, who: Who, message: Message, name: str) -> Wire:
        if message.deleted_at is not None or (message.ephemeral and message.seen_by != _user(who).id):
            raise ValueError(f"{_user(who).name} doesn't see that message")
        found = message.component(name)
        if found.get("disabled"):
            raise ValueError(f"{name!r} is disabled")
        return found

    async def submit_modal(self, who: Who, handle: InteractionHandle, fields: Mapping[str, str]) -> InteractionHandle:
        """Somebody fills the form that popped up and sends it; fields by custom_id or label.

        Raises:
            ValueError: there is no form, a field is unknown, or a value isn't one that the form takes.
        """
        if handle.modal is None:
            raise ValueError("no form is open")
        values = _fill(handle.modal, fields)
        components: list[Wire] = []
        for part in handle.modal["components"]:
            inner = part.get("components") or ([part["component"]] if part.get("component") else [])
            filled = [
                {"type": one["type"], "id": 0, "custom_id": one["custom_id"], "value": values[one["custom_id"]]}
                for one in inner
            ]
            if filled:
                held: Wire = {"component": filled[0]} if part["type"] == LABEL else {"components": filled}
                components.append({"type": part["type"], "id": 0} | held)
        data: Wire = {"custom_id": handle.modal["custom_id"], "components": components}
        return await deliver(self, begin(self, who, handle.channel, MODAL, data, source=handle.source))

    async def set_endpoint(self, url: str | None) -> bool:
        """Set the interactions endpoint as a person does in the portal; False when Discord's trial of it failed."""
        if url is not None and not await check_endpoint(self, url):
            return False
        self.ledger.endpoint_url = url
        return True

    async def post_again(self, handle: InteractionHandle, forgery: Forgery | None = None) -> int:
        """Post an interaction to the endpoint once more, genuine or forged; the status it answered."""
        return await redeliver(self, handle, forgery)


def _user(who: Who) -> User:
    return who.user if isinstance(who, Member) else who


def _require(who: Who, channel: Channel, needed: Permission) -> None:
    if channel.guild is None:
        return
    if not isinstance(who, Member) or who.id not in channel.guild.members:
        raise PermissionError(f"{_user(who).name} is no member of {channel.guild.name}")
    rights = who.permissions(channel)
    if not rights & Permission.VIEW_CHANNEL or not rights & needed:
        raise PermissionError(f"{who.user.name} may not {needed.name} in {channel.name}")


def _require_for(command: Wire, who: Who, channel: Channel) -> None:
    needed = int(command.get("default_member_permissions") or 0)
    if needed and isinstance(who, Member) and who.permissions(channel) & needed != needed:
        raise PermissionError(f"{who.user.name} doesn't see the command {command['name']}")


def _fill(modal: Wire, fields: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    names: set[str] = set()
    for one in inputs(modal):
        names |= {one["custom_id"], str(one.get("label"))}
        value = fields.get(one["custom_id"], fields.get(str(one.get("label")), one.get("value") or ""))
        if not value and one.get("required", True):
            raise ValueError(f"{one.get('label')} is required")
        low, high = one.get("min_length") or 0, one.get("max_length") or 4000
        if value and not low <= len(value) <= high:
            raise ValueError(f"{one.get('label')} takes {low} to {high} characters")
        values[one["custom_id"]] = value
    if unknown := set(fields) - names:
        raise ValueError(f"the form has no fields {sorted(unknown)}")
    return values
