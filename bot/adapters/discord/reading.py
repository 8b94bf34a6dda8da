"""An interaction of Discord as an invocation: who, where, which command, with what; and how it is answered first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import discord

from bot.adapters.discord import buttons, subjects
from bot.adapters.discord.buttons import Pressed
from bot.adapters.discord.library import role_ids
from bot.adapters.discord.payload import CLIP_THIS, FILE, PERSON
from bot.languages.catalogue import languages
from bot.params import SOURCE
from bot.registry import Registry
from bot.vocabulary import Actor, Invocation, Place, Subject

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
ON_MESSAGE = 3
SUB_COMMAND = 1
TOKEN_LIFE = timedelta(minutes=15)
_SNOWFLAKE_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
Wire = Mapping[str, Any]
Met = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class First:
    """The first response, decided without looking anywhere: Discord waits 3 seconds for it.

    Attributes:
        kind: `message`: a message follows; `update`: the message that was pressed may change; `form`: one pops up;
            `choices`: what was typed is completed.
        private: only the person sees what follows; Discord lets nobody change that later.
    """

    kind: Literal["message", "update", "form", "choices"]
    private: bool = False


def first_of(registry: Registry, kind: int, data: Wire, *, has_message: bool) -> First:
    """How an interaction is to be answered first."""
    if kind == AUTOCOMPLETE:
        return First("choices")
    if kind == COMPONENT:
        pressed = buttons.read(str(data.get("custom_id")))
        return First("form") if pressed and pressed.ask else First("update")
    if kind == MODAL:
        return First("update") if has_message else First("message", private=True)
    command = registry.find(name_of(data), "discord")
    return First("message", private=command is None or command.private)


def name_of(data: Wire) -> str:
    """The name of the command: one word, or two for one in a group."""
    if data.get("type") == ON_MESSAGE:
        return "clip" if data.get("name") == CLIP_THIS else str(data.get("name"))
    options = data.get("options") or ()
    inner = next((f" {one['name']}" for one in options if one.get("type") == SUB_COMMAND), "")
    return f"{data.get('name')}{inner}"


def options_of(data: Wire) -> list[Wire]:
    """The options that were given, of a command or of one in a group."""
    options = list(data.get("options") or ())
    inner = next((one for one in options if one.get("type") == SUB_COMMAND), None)
    return list(inner.get("options") or ()) if inner else options


def of_command(registry: Registry, met: Met, bot_id: str) -> Invocation:
    """A slash command, or a command of a message's menu."""
    data: Wire = met.data or {}
    name = name_of(data)
    if data.get("type") == ON_MESSAGE:
        target = data["resolved"]["messages"][data["target_id"]]
        subject = replace(subjects.of_message(target, bot_id), pointed=True)
        args = {"source": subject.video} if subject.video else {}
        return _invocation(registry, met, name, args, subject)
    files = (data.get("resolved") or {}).get("attachments") or {}
    given_args: dict[str, Any] = {str(one["name"]): _value(one) for one in options_of(data)}
    if (given := given_args.pop(FILE, None)) is not None and given in files:
        given_args[_source_of(registry, name)] = str(files[given]["url"])
    return _invocation(registry, met, name, given_args)


def of_pressed(registry: Registry, met: Met, pressed: Pressed) -> Invocation:
    """A button, or a form that was sent; what the form asked for overrides what it was filled in with."""
    args: dict[str, Any] = dict(pressed.args)
    if met.type is discord.InteractionType.modal_submit:
        args = {name: value for name, value in args.items() if name not in pressed.ask}
        args |= {name: value for name, value in _filled(met.data or {}).items() if value}
    return _invocation(registry, met, pressed.command, args)


def place_of(registry: Registry, met: Met, command: str) -> Place:
    """Where an interaction was made, with what reaches its message until the token ends.

    Raises:
        LookupError: it says of no channel that we could read.
    """
    if met.channel_id is None:
        raise LookupError
    first = registry.find(command, "discord")
    extra = {
        "token": met.token,
        "application": str(met.application_id),
        "until": str(int((met.created_at + TOKEN_LIFE).timestamp())),
        "file_limit": str(met.filesize_limit),
    }
    return Place(
        "discord", str(met.channel_id), first is None or first.private, extra, str(met.guild_id) if met.guild_id else ""
    )


def actor_of(user: discord.User | discord.Member) -> Actor:
    """Somebody as they are known by id; the name is for show."""
    return Actor("discord", str(user.id), str(user.display_name), made_at(user.id))


def roles_of(user: discord.User | discord.Member) -> frozenset[str]:
    """The ids of somebody's roles in a guild, and `administrator` for those who run it: they may add bots to it."""
    if not isinstance(user, discord.Member):
        return frozenset()
    found = role_ids(user)
    rights = user.guild_permissions if user.resolved_permissions is None else user.resolved_permissions
    if rights.administrator or rights.manage_guild:
        found.add("administrator")
    return frozenset(found)


def language_of(met: Met) -> str:
    """The language that the person reads Discord in, if it is one of ours; else English."""
    spoken = str(met.locale).partition("-")[0]
    return spoken if spoken in languages() else "en"


def made_at(snowflake: int) -> datetime:
    """When something was made, as its id says."""
    return _SNOWFLAKE_EPOCH + timedelta(milliseconds=snowflake >> 22)


def _invocation(
    registry: Registry, met: Met, command: str, args: dict[str, Any], subject: Subject | None = None
) -> Invocation:
    return Invocation(
        event_id=str(met.id),
        surface="discord",
        actor=actor_of(met.user),
        place=place_of(registry, met, command),
        command=command,
        args={name: value for name, value in args.items() if value is not None},
        subject=subject or Subject(),
        place_roles=roles_of(met.user),
    )


def _value(option: Wire) -> Any:
    """What an option holds; a person as the mention that may name somebody who never spoke to us."""
    return f"<@{option['value']}>" if option.get("type") == PERSON else option.get("value")


def _source_of(registry: Registry, name: str) -> str:
    command = registry.find(name, "discord")
    return next((param.name for param in command.params if param.kind is SOURCE), FILE) if command else FILE


def _filled(data: Wire) -> dict[str, str]:
    """The values of a form's fields, by their ids, whichever layout holds them."""
    found: dict[str, str] = {}
    for row in data.get("components") or ():
        inner = [row["component"]] if row.get("component") else row.get("components") or ()
        found |= {str(one["custom_id"]): str(one.get("value") or "").strip() for one in inner}
    return found
