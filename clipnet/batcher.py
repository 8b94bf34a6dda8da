"""One statement for many: what is asked while an earlier statement is on its way goes into the next one together."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Batcher(Generic[Q, A]):
    """Never waits for company, so a lone question loses nothing.

    Questions that come while `answer` runs are asked together by its next call, at most `most` of them; an error of a
    call is everybody's.
    """

    def __init__(self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A]]], *, most: int | None = None) -> None:
        self._answer = answer
        self._most = most
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """The answer to one question."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, future))
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name="batcher")
        return await future

    async def _work(self) -> None:
        while self._waiting:
            most = self._most or len(self._waiting)
            batch, self._waiting = self._waiting[:most], self._waiting[most:]
            try:
                answers = await self._answer([question for question, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        self._task = None
