"""Text to command. Three outcomes and no exception: a command, an answer now, or not for us."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.command import Command, Param
from bot.params import TEXT, shorten
from bot.registry import Registry
from bot.vocabulary import Surface
from clipnet.errors import BadInput
from clipnet.texts import Text, joined, marked, text

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_QUOTES = {
    '"': '"',
    "\u201c": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u201f": "\u201d",
    "\u00ab": "\u00bb",
    "'": "'",
    "\u2018": "\u2019",
}
_CLOSING = {"\u201c": '\u201d\u201c"', '"': '"\u201d\u201c'}
MAX_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command and its typed arguments; one per parameter, defaults filled in."""

    command: Command
    args: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AnswerNow:
    """Meant for us, but not usable as it stands; `command` when we know which was meant."""

    error: BadInput
    command: Command | None = None


@dataclass(frozen=True, slots=True)
class NotForUs:
    """Somebody talks to somebody else."""


Outcome = Parsed | AnswerNow | NotForUs


def parse_text(registry: Registry, surface: Surface, said: str, *, prefix: str | None = None) -> Outcome:
    """Read what was typed.

    Args:
        prefix: what a message has to start with to be for us (`!` in a chat); None where everything is for us.
    """
    line = said.strip()
    if len(line) > MAX_CHARACTERS:
        return AnswerNow(BadInput(text("That is too long: {most} characters at most.", most=MAX_CHARACTERS)))
    if prefix is not None and not line.startswith(prefix):
        return NotForUs()
    words = split(line.removeprefix(prefix) if prefix else line.lstrip("/!"))
    if not words:
        return NotForUs()
    command, rest = find(registry, surface, words)
    if command is None:
        return NotForUs() if prefix is not None else AnswerNow(_unknown(registry, surface, words))
    given = _sort_out(command, rest)
    return AnswerNow(given, command) if isinstance(given, BadInput) else parse_args(command, given)


def parse_named(registry: Registry, surface: Surface, name: str, args: Mapping[str, Any]) -> Outcome:
    """Read a command whose arguments came by name, as from a button, a form or JSON."""
    command = registry.find(name, surface)
    if command is None:
        return AnswerNow(_unknown(registry, surface, name.split() or [name]))
    return parse_args(command, args)


def parse_args(command: Command, given: Mapping[str, Any]) -> Parsed | AnswerNow:
    """Type every argument and fill in what is missing."""
    params = {p.name: p for p in command.all_params}
    for name in given:
        if name not in params:
            return AnswerNow(_no_such_option(command, name), command)
    typed: dict[str, Any] = {}
    for param in params.values():
        value = given.get(param.name)
        if value is None or value == "":
            if param.required:
                return AnswerNow(_missing(command, param), command)
            typed[param.name] = param.default
            continue
        try:
            typed[param.name] = param.accept(value)
        except BadInput as error:
            return AnswerNow(BadInput(error.sentence, hint=error.hint or _usage(command)), command)
    return Parsed(command, typed)


def find(registry: Registry, surface: Surface, words: list[str]) -> tuple[Command | None, list[str]]:
    """The command that the first one or two words name, and the words after it."""
    for count in (2, 1):
        name = " ".join(words[:count]).lower()
        if len(words) >= count and (command := registry.find(name, surface)):
            return command, words[count:]
    return None, words


def split(line: str) -> list[str]:
    """Words; quotes of any kind keep several together, and a dash of any kind before a name makes an option."""
    words: list[str] = []
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        word, at = _word(line, at)
        words.append(word)
    return words


def _word(line: str, at: int) -> tuple[str, int]:
    found: list[str] = []
    while at < len(line) and not line[at].isspace():
        opens = line[at] in _QUOTES and (not found or found[-1] in "=:")
        end = _closing(line, at) if opens else -1
        if end > 0:
            found += line[at + 1 : end]
            at = end + 1
        else:
            found.append(line[at])
            at += 1
    return _straighten("".join(found)), at


def _closing(line: str, at: int) -> int:
    closers = _CLOSING.get(line[at], _QUOTES[line[at]])
    return next((i for i in range(at + 1, len(line)) if line[i] in closers), -1)


def _straighten(word: str) -> str:
    """Phones turn `--at` into `—at`; a dash before a letter was meant as two."""
    bare = word.lstrip(_DASHES + "-")
    dashes = word[: len(word) - len(bare)]
    smart = any(d in _DASHES for d in dashes)
    return f"--{bare}" if bare and bare[0].isalpha() and (smart or len(dashes) >= 2) else word


def _sort_out(command: Command, words: list[str]) -> dict[str, Any] | BadInput:
    named = {p.name: p for p in command.all_params}
    by_place = [p for p in command.params if p.positional]
    given: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        name = name.lower()
        if word.startswith("--"):
            if name not in named:
                return _no_such_option(command, name)
            if not equals and named[name].kind.takes_value:
                if not rest or rest[0].startswith("--"):
                    return BadInput(text("{name}: a value is missing.", name=name), hint=_usage(command))
                value = rest.pop(0)
        elif equals and name in named:
            pass
        elif param := next((p for p in by_place if p.name not in given), None):
            name, value = param.name, word
        elif by_place and by_place[-1].kind is TEXT:
            given[by_place[-1].name] += f" {word}"
            continue
        else:
            return BadInput(
                text("“{typed}” is more than {command} takes.", typed=shorten(word), command=command.name),
                hint=_usage(command),
            )
        if name in given:
            return BadInput(text("{name} is given twice.", name=name), hint=_usage(command))
        given[name] = value or (True if not named[name].kind.takes_value else "")
    return given


def _missing(command: Command, param: Param) -> BadInput:
    return BadInput(
        text("{command} needs {param} ({help}).", command=command.name, param=param.name, help=marked(param.help)),
        hint=_usage(command),
    )


def _usage(command: Command) -> Text:
    return text("Usage: {usage}", usage=command.usage)


def _meant(near: str) -> Text:
    return text("Did you mean {near}?", near=near)


def _no_such_option(command: Command, name: str) -> BadInput:
    near = difflib.get_close_matches(name, [p.name for p in command.all_params], n=1)
    hint = joined([_meant(f"--{near[0]}") if near else "", _usage(command)])
    return BadInput(text("{command} has no option “{typed}”.", command=command.name, typed=shorten(name)), hint=hint)


def _unknown(registry: Registry, surface: Surface, words: list[str]) -> BadInput:
    names = [c.name for c in registry.offered(surface)]
    family = [n for n in names if n.split()[0] == words[0].lower() and " " in n]
    typed = " ".join(words[:2]) if family else words[0]
    near = difflib.get_close_matches(typed.lower(), names, n=1, cutoff=0.6) or family[:1]
    if family and len(words) == 1:
        return BadInput(
            text("{word} needs one more word.", word=words[0]),
            hint=text("One of: {choices}", choices=", ".join(family)),
        )
    hint = joined([_meant(near[0]) if near else "", text("`help` lists them all.")])
    return BadInput(text("There is no command “{typed}”.", typed=shorten(typed)), hint=hint)
