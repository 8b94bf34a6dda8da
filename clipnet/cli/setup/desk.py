"""What every step of the setup works with."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from rich.console import Console
from rich.markup import escape

from bot.context import Services
from bot.rooms import Room, pick
from clipnet.cli.setup.asking import Asking
from clipnet.cli.setup.keeping import Values
from clipnet.cli.surroundings import Surroundings
from clipnet.errors import BadInput, ClipNetError
from clipnet.settings import Settings
from db import setups

Outcome = TypeVar("Outcome")
SKIP = "skip"


class Skipped(Exception):
    """The person leaves a step for later."""


@dataclass(slots=True)
class Desk:
    """Questions, answers, and what came of them.

    Attributes:
        found: names and ids that steps found, as kept in the ledger; never a secret.
        user_id: who sets up.
        again: steps that are taken anew, whatever came of them before.
        poll_s: seconds between two looks at a platform.
        wait_s: seconds that something outside of the terminal may take before the person is asked what to do.
    """

    asking: Asking
    out: Console
    values: Values
    surroundings: Surroundings
    base: Services
    setup_id: int
    user_id: int
    found: dict[str, Any] = field(default_factory=dict)
    again: frozenset[str] = frozenset()
    poll_s: float = 2.0
    wait_s: float = 300.0

    @property
    def settings(self) -> Settings:
        """The settings with what was pasted."""
        return self.values.settings

    @property
    def services(self) -> Services:
        """The services under the settings as they are now."""
        return replace(self.base, settings=self.settings, consents={}, rooms={}, adapters={})

    def tell(self, words: str) -> None:
        """Say something."""
        self.out.print(escape(words), highlight=False, soft_wrap=True)

    def good(self, words: str) -> None:
        """Say that something is right."""
        self.out.print(f"[green]✓[/green] {escape(words)}", highlight=False, soft_wrap=True)

    def bad(self, error: ClipNetError) -> None:
        """Say what is wrong and what to do."""
        self.out.print(f"[red]✗ {escape(error.sentence)}[/red]", highlight=False, soft_wrap=True)
        if error.hint:
            self.out.print(f"  {escape(error.hint)}", highlight=False, soft_wrap=True)

    async def ask(self, key: str, question: str, *, secret: bool = False) -> str:
        """An answer. Raises `Skipped` when it is “skip”, `NoAnswer` when there is none."""
        answer = await self.asking.ask(key, question, secret=secret)
        if answer.lower() == SKIP:
            raise Skipped
        return answer

    async def until(
        self, key: str, question: str, accept: Callable[[str], Awaitable[Outcome]], *, secret: bool = False
    ) -> Outcome:
        """Ask until the answer is accepted; what is wrong with one is said each time."""
        while True:
            answer = await self.ask(key, question, secret=secret)
            try:
                return await accept(answer)
            except ClipNetError as error:
                self.bad(error)

    async def agree(self, key: str, question: str) -> bool:
        """Yes or no."""

        async def accept(answer: str) -> bool:
            if answer.lower() in ("y", "yes", ""):
                return True
            if answer.lower() in ("n", "no"):
                return False
            raise BadInput("Please answer yes or no.")

        return await self.until(key, f"{question} (yes/no)", accept)

    async def choose(self, key: str, question: str, rooms: Sequence[Room]) -> Room:
        """One of several, by its number in the list or its name."""
        self._list(rooms)

        async def accept(answer: str) -> Room:
            return chosen(rooms, answer)

        return await self.until(key, question, accept)

    async def choose_some(self, key: str, question: str, rooms: Sequence[Room]) -> list[Room]:
        """Any of several, with commas between; none by an empty answer."""
        self._list(rooms)

        async def accept(answer: str) -> list[Room]:
            return [chosen(rooms, each) for each in answer.split(",") if each.strip()]

        return await self.until(key, question, accept)

    def _list(self, rooms: Sequence[Room]) -> None:
        for number, room in enumerate(rooms, 1):
            self.tell(f"  {number}. {room.name}")

    async def wait(self, look: Callable[[], Awaitable[Outcome | None]]) -> Outcome | None:
        """Look again and again until something is there; None when it took too long."""
        until_s = time.monotonic() + self.wait_s
        # A look that was begun comes to its end: what it finds counts, however slow the platform was.
        while True:
            outcome = await look()
            if outcome is not None or time.monotonic() >= until_s:
                return outcome
            await asyncio.sleep(self.poll_s)

    async def keep(self, step: str, **found: Any) -> None:
        """Remember names and ids for the steps that follow, and for the next run."""
        self.found |= found
        await setups.note(self.base.queue.pool, self.setup_id, step, found)


def chosen(rooms: Sequence[Room], answer: str) -> Room:
    """The room of that number or name. Raises `BadInput`."""
    if answer.isdigit() and 1 <= int(answer) <= len(rooms):
        return rooms[int(answer) - 1]
    found = pick(rooms, answer)
    if found is None:
        raise BadInput("That is not one of them.", hint=f"Give a number from 1 to {len(rooms)}, or the whole name.")
    return found
