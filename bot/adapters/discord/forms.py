"""Forms that ask for the values of a command's parameters before it is given."""

from collections.abc import Mapping
from typing import Any

import discord

from bot.adapters.discord.buttons import LONGEST_ID
from bot.adapters.discord.looks import cut
from bot.command import Command, Param
from bot.languages.catalogue import catalogue
from bot.params import MAX_TEXT
from clipnet.texts import marked, told

LONGEST_TITLE = 45
LONGEST_LABEL = 45
LONGEST_HELP = 100
MOST_FIELDS = 5
SHORT = 100


def form_of(
    command: Command, ask: tuple[str, ...], args: Mapping[str, str], custom_id: str, language: str
) -> discord.ui.Modal:
    """The form that a button opens, explained in a language; its id says the same as the button's."""
    asked = [param for name in ask for param in command.params if param.name == name]
    form = discord.ui.Modal(title=cut(command.name.capitalize(), LONGEST_TITLE), custom_id=custom_id[:LONGEST_ID])
    for param in asked[:MOST_FIELDS]:
        form.add_item(_field(param, args.get(param.name, ""), language))
    form.stop()
    return form


def _field(param: Param, value: str, language: str) -> discord.ui.Label[Any]:
    longest = int(param.kind.schema.get("maxLength") or (MAX_TEXT if param.kind.schema.get("type") == "string" else 40))
    entry: discord.ui.TextInput[Any] = discord.ui.TextInput(
        style=discord.TextStyle.short if longest <= SHORT else discord.TextStyle.paragraph,
        custom_id=param.name,
        default=cut(value, longest) or None,
        required=param.required,
        max_length=longest,
    )
    label = cut(param.name.replace("-", " ").capitalize(), LONGEST_LABEL)
    about = told(marked(param.help), catalogue(language))
    return discord.ui.Label(text=label, description=cut(about, LONGEST_HELP), component=entry)
