"""Files of one result: all of them stay in the store, or none."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from asyncpg import Pool

from clipnet.ending import whole
from db import deleted
from pipeline.storage import Kind, Storage, Stored

Put = Callable[[Path, Kind], Awaitable[Stored]]


@asynccontextmanager
async def all_or_none(storage: Storage, pool: Pool) -> AsyncIterator[Put]:
    """Gives what puts a file into the store; when the block fails or is cancelled, what it put is taken out again.

    A file that a clip has already, because its content is the same, stays.
    """
    putting: list[asyncio.Task[Stored]] = []

    async def put(path: Path, kind: Kind) -> Stored:
        # Not cancelled half-way: a thread would go on and leave a file that nobody knows of.
        task = asyncio.create_task(storage.put(path, kind, path.suffix, move=True))
        putting.append(task)
        return await asyncio.shield(task)

    try:
        yield put
    except BaseException:
        await whole(_take_back(putting, storage, pool))
        raise


async def _take_back(putting: Sequence[asyncio.Task[Stored]], storage: Storage, pool: Pool) -> None:
    for stored in await asyncio.gather(*putting, return_exceptions=True):
        if isinstance(stored, Stored) and not await deleted.is_living(pool, stored.key):
            await storage.delete(stored.key)
