"""Completion from the declarations: commands, options, choices, and values that the ledger knows."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from bot.command import Command, Param
from bot.registry import Registry
from bot.vocabulary import Surface

Suggest = Callable[[str, str, str], Awaitable[list[str]]]
"""Command, parameter and what was typed so far, to values."""


async def complete(registry: Registry, surface: Surface, line: str, suggest: Suggest) -> AsyncIterator[tuple[str, int]]:
    """What may follow the cursor: each suggestion, and how many typed characters it replaces."""
    words = line.lstrip().lstrip("/!").split(" ")
    typed = words[-1]
    command = _command(registry, surface, words)
    if command is None:
        start = " ".join(words)
        for name in (c.name for c in registry.offered(surface)):
            if name.startswith(start.lower()):
                yield name, len(start)
        return
    given = words[len(command.name.split()) : -1]
    for value in _options(command, given, typed):
        yield value, len(typed)
    param = _wanted(command, given)
    if param is not None and not typed.startswith("--"):
        for value in await suggest(command.name, param.name, typed):
            yield value, len(typed)


def _command(registry: Registry, surface: Surface, words: list[str]) -> Command | None:
    for count in (2, 1):
        if len(words) > count and (found := registry.find(" ".join(words[:count]), surface)):
            return found
    return None


def _options(command: Command, given: list[str], typed: str) -> Iterator[str]:
    if not typed.startswith("-"):
        return
    for param in command.all_params:
        option = f"--{param.name}"
        if option.startswith(typed) and option not in given:
            yield option


def _wanted(command: Command, given: list[str]) -> Param | None:
    """The parameter whose value is being typed."""
    named = {f"--{p.name}": p for p in command.all_params if p.kind.takes_value}
    if given and given[-1] in named:
        return named[given[-1]]
    values = [w for i, w in enumerate(given) if not w.startswith("--") and (i == 0 or given[i - 1] not in named)]
    by_place = [p for p in command.params if p.positional]
    return by_place[len(values)] if len(values) < len(by_place) else None
