"""An api process that accepts one request and ends: `python -m tests.faults.producer`."""

import asyncio

from clipnet.settings import load_settings
from db.pool import open_pool
from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import open_redis


async def main() -> None:
    """Enqueue one job."""
    settings = load_settings()
    pool = await open_pool(settings.database.url, env=settings.env)
    queue = Queue(pool, open_redis(settings.redis.url), prefix=settings.redis.prefix)
    await queue.enqueue(NewJob(OPS_PRUNE, Maintenance()))


if __name__ == "__main__":
    asyncio.run(main())
