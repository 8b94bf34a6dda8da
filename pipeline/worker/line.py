"""A connection held for one kind of statement, so that none has to be fetched from the pool each time."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from db.pool import DATABASE_ERRORS, Executor

T = TypeVar("T")


class Line:
    """One statement at a time. After an error another connection is taken."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._conn: asyncpg.pool.PoolConnectionProxy | None = None

    async def ask(self, statement: Callable[[Executor], Awaitable[T]]) -> T:
        """Run a statement; raises what it raises."""
        if self._conn is None:
            self._conn = await self._pool.acquire()
        try:
            return await statement(self._conn)
        except DATABASE_ERRORS:
            broken, self._conn = self._conn, None
            broken.terminate()
            await self._pool.release(broken)
            raise
