"""Questions to a person at a terminal, or to a file of answers."""

from collections import deque
from collections.abc import Iterable
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.history import DummyHistory


class NoAnswer(Exception):
    """There is nobody (any more) to answer a question; what was answered before is kept."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Asking(Protocol):
    """Who answers. `key` names the question for those who answer by a file."""

    async def ask(self, key: str, question: str, *, secret: bool = False) -> str:
        """The answer, without blanks around it; a `secret` one is shown nowhere. Raises `NoAnswer`."""
        ...


class Terminal:
    """A person."""

    async def ask(self, key: str, question: str, *, secret: bool = False) -> str:
        """Ask on the terminal; what is typed goes into no history."""
        session: PromptSession[str] = PromptSession(history=DummyHistory())
        try:
            return (await session.prompt_async(f"{question} ", is_password=secret)).strip()
        except EOFError:
            raise NoAnswer(key) from None


class Written:
    """Lines `key = answer`; a key that comes several times answers as often, in that order. `#` begins a comment."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._answers: dict[str, deque[str]] = {}
        for line in lines:
            key, equals, answer = line.partition("=")
            if equals and not line.lstrip().startswith("#"):
                self._answers.setdefault(key.strip(), deque()).append(answer.strip())

    async def ask(self, key: str, question: str, *, secret: bool = False) -> str:  # noqa: ARG002
        """The next answer to that question."""
        answers = self._answers.get(key)
        if not answers:
            raise NoAnswer(key)
        return answers.popleft()
