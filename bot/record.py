"""How what people do is written down: whoever is named stands there as the row that they are.

The record can't be changed, and goes on to hold once they asked to be forgotten.
"""

from collections.abc import Mapping
from typing import Any

from bot.command import Command
from bot.params import USER
from clipnet.texts import Text


def args_of(command: Command, args: Mapping[str, Any], named: Mapping[str, int]) -> dict[str, Any]:
    """Arguments without names; `named`: the rows of people by what they were called."""
    people = {param.name for param in command.params if param.kind is USER}
    return {
        name: f"user:{named.get(str(value), '?')}" if name in people else value
        for name, value in args.items()
        if isinstance(value, str | int | float)
    }


def nameless(sentence: str, named: Mapping[str, int]) -> str:
    """A sentence without the names of these people."""
    if not isinstance(sentence, Text):
        return sentence
    rows = {
        param: f"user:{named[value]}"
        for param, value in sentence.params.items()
        if isinstance(value, str) and value in named
    }
    return str(Text(sentence.template, sentence.plural, sentence.params | rows))
