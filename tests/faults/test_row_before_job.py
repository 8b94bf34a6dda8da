"""The ledger first: before Redis is told of a job, everybody can read its row."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob
from pipeline.queue.facade import Queue
from pipeline.queue.keys import member
from pipeline.queue.waiting_room import open_redis
from tests.faults.rig import PREFIX, Rig


@asynccontextmanager
async def _gate(rig: Rig, at_zadd: Callable[[], Awaitable[None]]) -> AsyncIterator[Queue]:
    """A queue whose way to Redis leads past a gate, where each ZADD is held until `at_zadd` has looked around."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, look: bool) -> None:
        while data := await reader.read(65536):
            if look and b"ZADD" in data.upper():
                await at_zadd()
            writer.write(data)
            await writer.drain()
        writer.close()

    joined: list[asyncio.Future[None]] = []

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        joined.append(ended := asyncio.get_running_loop().create_future())
        there, back = await asyncio.open_connection("127.0.0.1", rig.valkey.port)
        await asyncio.gather(pass_on(reader, back, look=True), pass_on(there, writer, look=False))
        ended.set_result(None)

    server = await asyncio.start_server(join, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    redis = open_redis(rig.valkey.url().replace(f":{rig.valkey.port}/", f":{port}/"))
    yield Queue(rig.pool, redis, prefix=PREFIX)
    await redis.aclose()
    # Each end of a connection is closed before the loop is, else it warns in another test.
    await asyncio.gather(*joined)
    server.close()


@pytest.mark.req("R-084", "positive")
async def test_the_row_of_a_traced_request_is_committed_before_its_id_goes_to_redis(rig: Rig) -> None:
    trace_id = uuid4()
    seen: list[list[int]] = []

    async def look() -> None:
        assert await rig.redis.zcard(rig.keys.lane("io")) == 0
        seen.append([row[0] for row in await rig.pool.fetch("select id from jobs where trace_id = $1", trace_id)])

    async with _gate(rig, look) as queue:
        async with queue.transaction(trace_id=trace_id) as tx:
            (job,) = await tx.enqueue(NewJob(OPS_PRUNE, Maintenance()))
            assert await rig.value("select count(*) from jobs") == 0
            assert await rig.redis.zcard(rig.keys.lane("io")) == 0
        assert seen == [[job]]
        assert await rig.redis.zrange(rig.keys.lane("io"), 0, -1) == [member(job).encode()]
