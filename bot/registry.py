"""All commands of an installation, and who is offered which."""

from collections.abc import Iterable, Iterator

from bot.command import Command
from bot.vocabulary import Surface


class Registry:
    """Commands by name.

    Raises:
        ValueError: two commands of one name, or a command with the first word of another's sub-commands.
    """

    def __init__(self, commands: Iterable[Command]) -> None:
        self._commands: dict[str, Command] = {}
        for command in commands:
            self._add(command)

    def _add(self, command: Command) -> None:
        first = command.name.split()[0]
        for other in self._commands.values():
            if other.name == command.name:
                raise ValueError(f"“{command.name}” is declared twice")
            if first == other.name or command.name == other.name.split()[0]:
                raise ValueError(f"“{command.name}” and “{other.name}” can't stand beside each other")
        self._commands[command.name] = command

    def __iter__(self) -> Iterator[Command]:
        return iter(sorted(self._commands.values(), key=lambda c: c.name))

    def find(self, name: str, surface: Surface) -> Command | None:
        """The command of that name if `surface` offers it; of a family's name alone, the one that shows or lists."""
        words = " ".join(name.lower().split())
        command = (
            self._commands.get(words) or self._commands.get(f"{words} show") or self._commands.get(f"{words} list")
        )
        return command if command and surface in command.surfaces else None

    def offered(self, surface: Surface) -> tuple[Command, ...]:
        """Exactly what `surface` offers."""
        return tuple(c for c in self if surface in c.surfaces)
